using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>What a policy needs to know of a device.</summary>
/// <param name="IsCuda">False for the CPU engine, which emulates every format.</param>
/// <param name="Major">Compute capability, before the point; 0 on the CPU.</param>
/// <param name="Minor">Compute capability, behind the point; 0 on the CPU.</param>
internal readonly record struct PrecisionDevice(bool IsCuda, int Major, int Minor)
{
    /// <summary>The CPU engine.</summary>
    public static PrecisionDevice Cpu => default;

    /// <summary>The best format for 16-bit training without being asked: BFloat16 from 8.0 (Ampere), Float16 from 7.0 (Volta), else
    /// Float32.</summary>
    public NumericFormat BestFormat => this switch
    {
        { IsCuda: false } => NumericFormat.Float32,
        { Major: >= 8 } => NumericFormat.BFloat16,
        { Major: 7 } => NumericFormat.Float16,
        _ => NumericFormat.Float32,
    };

    /// <summary>Whether products in <paramref name="format"/> run here: on GPUs BFloat16 and TensorFloat32 need 8.0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public bool Supports(NumericFormat format)
        => format.Traits().LeastCapability <= (IsCuda ? (10 * Major) + Minor : int.MaxValue);

    /// <summary>For messages: <c>the CPU</c> or <c>a GPU of compute capability 7.5</c>.</summary>
    public override string ToString() => IsCuda ? $"a GPU of compute capability {Major}.{Minor}" : "the CPU";
}
