using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Batch normalisation y = γ·x̂ + β with x̂ = (x − µ)·r, r = 1/√(σ² + ε), mean µ and variance σ² = Σ(x − µ)²/N of each column over the N
/// rows of the
/// micro-batch: read in any storage format, computed in Float32, rounded once when stored. The same bits for every number of threads and
/// every
/// vector width.
/// </summary>
/// <remarks>
/// <para>
/// µ is kept in two parts, the first row's value µ₀ and δ = mean of u = x − µ₀, which are taken away one after the other: a column of equal
/// values
/// gives β exactly, and a large common offset costs nothing. Blocks of 32 rows have their mean of u and Σ(u − mean)², in two passes; they
/// are
/// combined in order by T. Chan, G. Golub and R. LeVeque, "Algorithms for computing the sample variance", 1983.
/// </para>
/// <para>
/// Running statistics, as PyTorch's <c>BatchNorm1d</c> has them: running = 0.9·running + 0.1·batch, where the batch's variance is Σ(x −
/// µ)²/(N − 1).
/// One row has none, leaves them as they are, and is normalised to β. The first micro-batch of a step starts from the committed ones, later
/// ones
/// from the staged ones; all stage what they find.
/// </para>
/// <para>
/// Backward: dγ = Σ rows of dy·x̂, dβ = Σ rows of dy, dx = γ·r·(dy − dβ/N − x̂·dγ/N) with this micro-batch's sums, rows added in order
/// within blocks
/// of 32, the blocks in order. Source: S. Ioffe and C. Szegedy, "Batch Normalization", 2015.
/// </para>
/// <para>Scoring takes µ and σ² from the running statistics, so that a row's result does not depend on the others.</para>
/// <para>A NaN or ±∞ in x makes its column of y, dx, dγ and of the staged statistics NaN, and no other.</para>
/// </remarks>
internal static partial class BatchNormKernel
{
    /// <summary>ε, as PyTorch's default.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>Share of the batch in the running statistics, as PyTorch's default.</summary>
    public const float Momentum = 0.1f;

    /// <summary>1 − <see cref="Momentum"/>.</summary>
    public const float Kept = 0.9f;

    /// <summary>Rows of the statistics: µ₀, δ, r, Σ dy·x̂, Σ dy.</summary>
    public const int StatisticsRows = 5;

    /// <summary>Rows whose sums are added up apart.</summary>
    public const int BlockRows = 32;

    /// <summary>Writes the statistics: those of x, staging running ones, or where nothing is staged the running ones; then y, on either
    /// engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors.</param>
    /// <param name="running">Running statistics.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Forward(Device device, in BatchNormArguments arguments, in BatchNormRunning running)
    {
        Check(arguments);
        RequireShape(arguments.Y, arguments.X.Rows, arguments.X.Columns, "y");
        foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[running.Mean.Committed, running.Variance.Committed])
        {
            RequireFloat32(tensor, 1, arguments.X.Columns, "a running statistic");
        }

        if (device is CudaDevice cuda)
        {
            Launch(cuda, arguments, running);
        }
        else
        {
            BatchNormForwardJob.Run((CpuDevice)device, arguments, running);
        }
    }

    /// <summary>The gradients that are asked for, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Backward(Device device, in BatchNormArguments arguments, in BatchNormGradients gradients)
    {
        var (rows, columns) = (arguments.X.Rows, arguments.X.Columns);
        Check(arguments);
        RequireShape(gradients.Dy, rows, columns, "dy");
        if (gradients.DScale.Address != 0)
        {
            RequireFloat32(gradients.DScale, 1, columns, "dscale");
            RequireFloat32(gradients.DShift, 1, columns, "dshift");
        }

        if (gradients.Dx.Address != 0)
        {
            RequireShape(gradients.Dx, rows, columns, "dx");
        }

        if (device is CudaDevice cuda)
        {
            Launch(cuda, arguments, gradients);
        }
        else
        {
            BatchNormBackwardJob.Run((CpuDevice)device, arguments, gradients);
        }
    }

    private static void Check(in BatchNormArguments arguments)
    {
        RequireFloat32(arguments.Scale, 1, arguments.X.Columns, "scale");
        RequireFloat32(arguments.Shift, 1, arguments.X.Columns, "shift");
        RequireFloat32(arguments.Statistics, StatisticsRows, arguments.X.Columns, "statistics");
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
