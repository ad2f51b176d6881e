using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <content>The same on a graphics card (cross_entropy.cu); sums over a row and over rows are taken in another order than on the CPU, fixed
/// as well.</content>
internal static unsafe partial class CrossEntropyKernel
{
    /// <summary>Rows that a block does at a time, a warp each.</summary>
    private const int BlockRows = 8;

    private const int BlockThreads = 32 * BlockRows;
    private const int MostBlocks = 65535;

    /// <summary>Bytes of working memory that the card needs.</summary>
    /// <param name="rows">N.</param>
    public static long CudaScratchBytes(int rows) => (long)sizeof(Partial) * Blocks(rows);

    /// <summary>Adds loss and gradient to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors and factors.</param>
    /// <param name="rule">ε, and how labels are read.</param>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    public static void Run(CudaDevice device, in LossCudaArguments arguments, CrossEntropyRule rule = default)
    {
        var logits = arguments.Logits;
        var gradient = arguments.Gradient;
        Loss.RequireShape(logits, gradient);
        var values = new KernelArguments
        {
            Logits = logits,
            Gradient = gradient,
            Labels = (nint)arguments.Targets,
            Weights = (nint)arguments.Weights,
            Scale = (nint)arguments.Scale,
            Divisor = (nint)arguments.Divisor,
            Partials = arguments.Scratch,
            Loss = (nint)arguments.Loss,
            FirstNonFinite = (nint)arguments.FirstNonFinite,
            Correct = (nint)arguments.Correct,
            Counter = device.Counters,
            Rows = logits.Rows,
            Classes = logits.Columns,
            Factor = arguments.Factor,
            GradientFactor = arguments.GradientFactor,
            Smoothing = rule.Smoothing,
            IsPadded = arguments.IsPadded ? 1 : 0,
            Members = arguments.Members,
            FirstClass = rule.FirstClass,
        };
        device.Launch(
            new KernelVariant("cross_entropy.cu", "cross_entropy", gradient.Format.Storage(), Number: Held(logits.Columns)),
            (Blocks(logits.Rows), 1),
            BlockThreads,
            values);
    }

    /// <summary>Columns of a row that each of the 32 lanes of a warp holds.</summary>
    private static int Held(int classes) => classes switch { <= 32 => 1, <= 256 => 8, _ => 32 };

    private static int Blocks(int rows) => (int)Math.Clamp(((long)rows + BlockRows - 1) / BlockRows, 1, MostBlocks);

    /// <summary><c>Partial</c> of cross_entropy.cu, field by field.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Partial(double Loss, int NotFinite, int Correct);

    /// <summary><c>CrossEntropy</c> of cross_entropy.cu, field by field.</summary>
    private readonly record struct KernelArguments
    {
        public CudaMatrix Logits { get; init; }

        public CudaMatrix Gradient { get; init; }

        public nint Labels { get; init; }

        public nint Weights { get; init; }

        public nint Scale { get; init; }

        public nint Divisor { get; init; }

        public nint Partials { get; init; }

        public nint Loss { get; init; }

        public nint FirstNonFinite { get; init; }

        public nint Correct { get; init; }

        public nint Counter { get; init; }

        public int Rows { get; init; }

        public int Classes { get; init; }

        public float Factor { get; init; }

        public float GradientFactor { get; init; }

        public float Smoothing { get; init; }

        public int IsPadded { get; init; }

        public int Members { get; init; }

        public int FirstClass { get; init; }
    }
}
