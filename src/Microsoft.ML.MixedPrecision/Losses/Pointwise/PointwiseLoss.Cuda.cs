using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <content>The same on a graphics card (pointwise_loss.cuh); sums are taken in another order than on the CPU, fixed as well.</content>
internal abstract partial class PointwiseLoss<TFormula>
{
    /// <inheritdoc/>
    public override long CudaScratchBytes(int rows, int outputs) => PointwiseCuda.ScratchBytes(rows, outputs);

    /// <inheritdoc/>
    public override void Run(CudaDevice device, in LossCudaArguments arguments)
    {
        RequireShape(arguments.Logits, arguments.Gradient);
        PointwiseCuda.Run(device, source, parameter, arguments);
    }
}

/// <summary>Launches the kernel of a pointwise loss.</summary>
internal static unsafe class PointwiseCuda
{
    private const int BlockThreads = 256;
    private const int MostBlocks = 1024;

    /// <summary>Bytes of partial sums, one a block.</summary>
    public static long ScratchBytes(int rows, int outputs) => (long)sizeof(Partial) * Blocks(rows, outputs);

    /// <summary>Adds loss and gradient to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="source">File of the kernel.</param>
    /// <param name="parameter">The formula's constant.</param>
    /// <param name="arguments">Tensors and factors.</param>
    public static void Run(CudaDevice device, string source, float parameter, in LossCudaArguments arguments)
    {
        Tensor logits = arguments.Logits, gradient = arguments.Gradient;
        var values = new KernelArguments
        {
            X = logits,
            Gradient = gradient,
            Targets = (nint)arguments.Targets,
            Weights = (nint)arguments.Weights,
            Scale = (nint)arguments.Scale,
            Divisor = (nint)arguments.Divisor,
            Partials = arguments.Scratch,
            Loss = (nint)arguments.Loss,
            FirstNonFinite = (nint)arguments.FirstNonFinite,
            Correct = (nint)arguments.Correct,
            Counter = device.Counters,
            Rows = logits.Rows,
            Columns = logits.Columns,
            Factor = arguments.Factor,
            GradientFactor = arguments.GradientFactor,
            Parameter = parameter,
            IsPadded = arguments.IsPadded ? 1 : 0,
            Members = arguments.Members,
        };
        device.Launch(
            new KernelVariant(source, "pointwise_loss", gradient.Format.Storage()),
            (Blocks(logits.Rows, logits.Columns), 1),
            BlockThreads,
            values);
    }

    private static int Blocks(int rows, int columns)
        => (int)Math.Clamp((((long)rows * columns) + BlockThreads - 1) / BlockThreads, 1, MostBlocks);

    /// <summary><c>Partial</c> of pointwise_loss.cuh, field by field.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Partial(double Loss, int NotFinite, int Correct);

    /// <summary><c>PointwiseLoss</c> of pointwise_loss.cuh, field by field.</summary>
    private readonly record struct KernelArguments
    {
        public CudaMatrix X { get; init; }

        public CudaMatrix Gradient { get; init; }

        public nint Targets { get; init; }

        public nint Weights { get; init; }

        public nint Scale { get; init; }

        public nint Divisor { get; init; }

        public nint Partials { get; init; }

        public nint Loss { get; init; }

        public nint FirstNonFinite { get; init; }

        public nint Correct { get; init; }

        public nint Counter { get; init; }

        public int Rows { get; init; }

        public int Columns { get; init; }

        public float Factor { get; init; }

        public float GradientFactor { get; init; }

        public float Parameter { get; init; }

        public int IsPadded { get; init; }

        public int Members { get; init; }
    }
}
