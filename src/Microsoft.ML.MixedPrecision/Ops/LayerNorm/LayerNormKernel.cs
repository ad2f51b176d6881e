using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = act(n), n = γ·x̂ + β, x̂ = (x − µ)·r, r = 1/√(σ² + ε), with mean µ and variance σ² of each row of x: read in any storage format,
/// computed
/// in Float32, rounded once when stored. Every row's result, and every sum, has the same bits for every number of threads, every vector
/// width
/// and whatever other rows there are.
/// </summary>
/// <remarks>
/// <para>
/// Statistics in two passes, so that a large common offset costs nothing: µ₀ = Σx/C, then with d = x − µ₀ the rest of the mean δ = Σd/C and
/// σ² = (Σd² − δ·Σd)/C (T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance", 1983). The two parts of the mean
/// are
/// used one after the other, so that a row of equal values gives act(β) exactly.
/// </para>
/// <para>
/// Backward, with dn = dy ⊙ act′(n), n computed again: dγ = Σ rows of dn·x̂, dβ = Σ rows of dn, and with g = γ·dn
/// dx = (g − mean(g) − x̂·mean(g·x̂))·r.
/// </para>
/// <para>A NaN or ±∞ in x makes its row of y and dx NaN, and no other; dγ and dβ then are NaN. A row whose squares exceed Float32 (|x|
/// about
/// 1e19) has r = 0.</para>
/// </remarks>
internal static partial class LayerNormKernel
{
    /// <summary>ε where nobody says another: PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>Columns of the statistics: µ₀, δ, r.</summary>
    public const int StatisticsColumns = 3;

    /// <summary>y and, where wanted, the statistics, on either engine; see the overload for the CPU.</summary>
    public static void Forward(Device device, in LayerNormArguments arguments)
    {
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments);
        }
        else
        {
            Forward((CpuDevice)device, arguments);
        }
    }

    /// <summary>The gradients that are asked for, on either engine; see the overload for the CPU.</summary>
    public static void Backward(Device device, in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments, gradients, cuda.Scratch(CudaScratchBytes(arguments.X.Rows, arguments.X.Columns)));
        }
        else
        {
            Backward((CpuDevice)device, arguments, gradients);
        }
    }

    /// <summary>y and, where wanted, the statistics.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Forward(CpuDevice device, in LayerNormArguments arguments)
    {
        CheckForward(arguments);
        LayerNormForwardJob.Run(device, arguments);
    }

    /// <summary>The gradients that are asked for.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Backward(CpuDevice device, in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        CheckBackward(arguments, gradients);
        if (gradients.DScale.Address != 0)
        {
            LayerNormParameterJob.Run(device, arguments, gradients);
        }

        if (gradients.Dx.Address != 0)
        {
            LayerNormInputJob.Run(device, arguments, gradients);
        }
    }

    private static void CheckForward(in LayerNormArguments arguments)
    {
        Check(arguments);
        RequireShape(arguments.Y, arguments.X.Rows, arguments.X.Columns, "y");
    }

    private static void CheckBackward(in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        Check(arguments);
        RequireFloat32(arguments.Statistics, arguments.X.Rows, StatisticsColumns, "statistics");
        RequireShape(gradients.Dy, arguments.X.Rows, arguments.X.Columns, "dy");
        if (gradients.DScale.Address != 0)
        {
            RequireFloat32(gradients.DScale, 1, arguments.X.Columns, "dscale");
            RequireFloat32(gradients.DShift, 1, arguments.X.Columns, "dshift");
        }

        if (gradients.Dx.Address != 0)
        {
            RequireShape(gradients.Dx, arguments.X.Rows, arguments.X.Columns, "dx");
        }
    }

    private static void Check(in LayerNormArguments arguments)
    {
        RequireFloat32(arguments.Scale, 1, arguments.X.Columns, "scale");
        RequireFloat32(arguments.Shift, 1, arguments.X.Columns, "shift");
        if (arguments.Statistics.Address != 0)
        {
            RequireFloat32(arguments.Statistics, arguments.X.Rows, StatisticsColumns, "statistics");
        }
    }

    private static void RequireFloat32(in Tensor tensor, int rows, int columns, string name)
    {
        if (tensor.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"{name} is {tensor.Format}; Float32 is needed.", name);
        }

        RequireShape(tensor, rows, columns, name);
    }

    private static void RequireShape(in Tensor tensor, int rows, int columns, string name)
    {
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}); ({rows}, {columns}) is needed.", name);
        }
    }
}
