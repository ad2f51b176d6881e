using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Activation functions and their gradients, element by element: read in any storage format, computed in Float32, rounded
/// once when stored. NaN stays NaN; at ±∞ the value is the limit of the function. See <see cref="ActivationKind"/> for the formulas.
/// </summary>
internal static partial class Activations
{
    /// <summary>
    /// What the derivative is computed from: true: from y = act(z) (Relu, Tanh, Sigmoid); false: from the pre-activation z
    /// (Gelu, GeluErf, Silu, Mish, Selu). <see cref="ActivationKind.None"/> needs neither.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The function is not known.</exception>
    public static bool SavesOutput(ActivationKind kind) => kind switch
    {
        ActivationKind.Relu or ActivationKind.Tanh or ActivationKind.Sigmoid => true,
        ActivationKind.None or ActivationKind.Gelu or ActivationKind.GeluErf or ActivationKind.Silu
            or ActivationKind.Mish or ActivationKind.Selu => false,
        _ => throw UnknownValue.Of(kind),
    };

    /// <summary>y = act(x), on either engine; see the overload for the CPU.</summary>
    public static void Forward(Device device, ActivationKind kind, Tensor x, Tensor y)
    {
        if (device is CudaDevice cuda)
        {
            Forward(cuda, kind, x, y);
        }
        else
        {
            Forward((CpuDevice)device, kind, x, y);
        }
    }

    /// <summary>dx = dy ⊙ act′(saved), on either engine; see the overload for the CPU.</summary>
    public static void Backward(Device device, ActivationKind kind, Tensor dy, Tensor saved, Tensor dx)
    {
        if (device is CudaDevice cuda)
        {
            Backward(cuda, kind, dy, saved, dx);
        }
        else
        {
            Backward((CpuDevice)device, kind, dy, saved, dx);
        }
    }

    /// <summary>y = act(x).</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">The function.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="y">(N, C), any storage format; may be <paramref name="x"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Forward(CpuDevice device, ActivationKind kind, Tensor x, Tensor y)
    {
        RequireShape(y, x, nameof(y));
        ActivationJob.Run(device, kind, x, default, y);
    }

    /// <summary>dx = dy ⊙ act′(saved); for Relu exactly 0 where y ≤ 0, whatever dy is.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">The function.</param>
    /// <param name="dy">(N, C), any storage format.</param>
    /// <param name="saved">(N, C): y or z, see <see cref="SavesOutput"/>; not read for <see cref="ActivationKind.None"/>.</param>
    /// <param name="dx">(N, C), any storage format; may be <paramref name="dy"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Backward(CpuDevice device, ActivationKind kind, Tensor dy, Tensor saved, Tensor dx)
    {
        RequireShape(dx, dy, nameof(dx));
        if (kind == ActivationKind.None)
        {
            ActivationJob.Run(device, kind, dy, default, dx);
            return;
        }
        RequireShape(saved, dy, nameof(saved));
        ActivationJob.Run(device, kind, dy, saved, dx);
    }

    private static void RequireShape(in Tensor tensor, in Tensor other, string name)
    {
        if (tensor.Rows != other.Rows || tensor.Columns != other.Columns)
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}); ({other.Rows}, {other.Columns}) is needed.", name);
        }
    }
}
