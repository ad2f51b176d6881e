using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <content>The same on a graphics card (cross_entropy.cu); sums over a row are taken in another order than on the CPU, fixed as well.</content>
internal static partial class CrossEntropyKernel
{
    private const int WarpThreads = 32;
    private const int TotalThreads = 256;

    /// <summary>Bytes of working memory that the card needs.</summary>
    /// <param name="rows">N.</param>
    public static long CudaScratchBytes(int rows) => 2L * sizeof(int) * rows;

    /// <summary>Adds loss and gradient to the device's work.</summary>
    /// <exception cref="ArgumentException">The tensors do not fit.</exception>
    public static unsafe void Run(CudaDevice device, in CrossEntropyCudaArguments arguments)
    {
        var logits = arguments.Logits;
        var gradient = arguments.Gradient;
        RequireShape(logits, gradient);
        var values = new KernelArguments
        {
            Logits = logits,
            Gradient = gradient,
            Labels = (nint)arguments.Labels,
            Weights = (nint)arguments.Weights,
            Scale = (nint)arguments.Scale,
            Divisor = (nint)arguments.Divisor,
            Losses = arguments.Scratch,
            Flags = arguments.Scratch + ((nint)sizeof(int) * logits.Rows),
            Loss = (nint)arguments.Loss,
            FirstNonFinite = (nint)arguments.FirstNonFinite,
            Correct = (nint)arguments.Correct,
            Rows = logits.Rows,
            Classes = logits.Columns,
            First = arguments.First ? 1 : 0,
        };
        device.LaunchOver(Kernel("cross_entropy_rows", gradient), (long)logits.Rows * WarpThreads, values);
        device.Launch(Kernel("cross_entropy_total", gradient), (1, 1), TotalThreads, values);
    }

    private static KernelVariant Kernel(string function, in Tensor gradient) => new("cross_entropy.cu", function, gradient.Format.Storage());

    /// <summary><c>CrossEntropy</c> of cross_entropy.cu, field by field.</summary>
    private readonly record struct KernelArguments
    {
        public CudaMatrix Logits { get; init; }

        public CudaMatrix Gradient { get; init; }

        public nint Labels { get; init; }

        public nint Weights { get; init; }

        public nint Scale { get; init; }

        public nint Divisor { get; init; }

        public nint Losses { get; init; }

        public nint Flags { get; init; }

        public nint Loss { get; init; }

        public nint FirstNonFinite { get; init; }

        public nint Correct { get; init; }

        public int Rows { get; init; }

        public int Classes { get; init; }

        public int First { get; init; }
    }
}
