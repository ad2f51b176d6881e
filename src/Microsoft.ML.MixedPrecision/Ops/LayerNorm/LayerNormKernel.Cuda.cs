using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>
/// The same on a graphics card (layer_norm_forward.cu, layer_norm_backward.cu): sums in another order than on the CPU, a fixed one that
/// depends
/// on the shape and not on the card. The backward pass reads x and dy once, unless a row is wider than <see cref="MostHeldColumns"/>.
/// </content>
internal static partial class LayerNormKernel
{
    private const int WarpThreads = 32;
    private const int MostThreads = 512;

    /// <summary>Rows of a block of the forward pass where a warp holds one.</summary>
    private const int NarrowRows = 4;

    /// <summary>Columns that are read at once: <c>VECTOR</c> of common.cuh.</summary>
    private const int Vector = 8;

    /// <summary>Up to so many columns a thread holds one vector of a row, beyond two: sums over a block then cost less for each
    /// column.</summary>
    private const int OneVectorColumns = 2048;

    /// <summary>Rows of more columns do not fit into the registers of a block; they are read again where they are needed again.</summary>
    private const int MostHeldColumns = MostThreads * 2 * Vector;

    /// <summary>Warps of the blocks that add up rows: as many as 128 multiprocessors keep when each thread has 128 registers.</summary>
    private const int RowBlockWarps = 2048;

    /// <summary>Warps of a multiprocessor where each thread has 64 registers, as it has with one vector of a row.</summary>
    private const int OneVectorWarps = 32;
    private const int RowBlockMultiprocessors = 128;

    /// <summary>Rows from which on a block is worth the sums that it writes.</summary>
    private const int LeastBlockRows = 4;

    private const string WideFile = "layer_norm_backward_wide.cu";
    private const int WideParameterThreads = 128;
    private const int TotalThreads = 1024;
    private const int TotalColumns = 8;

    /// <summary>More blocks for each multiprocessor than one keeps: a forward pass then goes on by the size of the grid.</summary>
    private const int ForwardBlocksPerMultiprocessor = 32;

    /// <summary>Bytes of working memory that <see cref="Backward(CudaDevice, in LayerNormArguments, in LayerNormGradients, nint)"/>
    /// needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns) => 2L * RowBlocks(rows, columns) * columns * sizeof(float);

    /// <summary>Adds y and, where wanted, the statistics to the device's work; see the overload for the CPU.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Forward(CudaDevice device, in LayerNormArguments arguments)
    {
        CheckForward(arguments);
        var (x, y) = (arguments.X, arguments.Y);
        var kernel = new KernelVariant(
            "layer_norm_forward.cu",
            "layer_norm_forward",
            x.Format.Storage(),
            y.Format.Storage(),
            Number: (int)arguments.Activation,
            SecondNumber: Items(x.Columns));

        // Rows of a warp each share a block.
        int rows = Threads(x.Columns) == WarpThreads ? NarrowRows : 1;
        int blocks = Math.Min(Quotient(x.Rows, rows), device.Properties.Multiprocessors * ForwardBlocksPerMultiprocessor);
        device.Launch(
            kernel, (blocks, 1), rows * Threads(x.Columns), new ForwardArguments(
                x,
                y,
                arguments.Statistics,
                arguments.Scale.Address,
                arguments.Shift.Address,
                x.Rows,
                x.Columns,
                arguments.Epsilon));
    }

    /// <summary>Adds the gradients that are asked for to the device's work; see the overload for the CPU.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <param name="scratch">Address of <see cref="CudaScratchBytes"/> bytes of device memory; 0 where dγ and dβ are not asked for.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or a tensor that must be Float32 is not.</exception>
    public static void Backward(CudaDevice device, in LayerNormArguments arguments, in LayerNormGradients gradients, nint scratch)
    {
        CheckBackward(arguments, gradients);
        bool parameters = gradients.DScale.Address != 0;
        var (rows, columns) = (arguments.X.Rows, arguments.X.Columns);
        var values = new BackwardArguments(
            arguments.X, gradients.Dy, gradients.Dx, arguments.Statistics, arguments.Scale.Address, arguments.Shift.Address, parameters
                ? scratch
                : 0, rows, columns);
        int blocks = RowBlocks(rows, columns);
        if (Items(columns) != 0)
        {
            device.Launch(
                BackwardKernel("layer_norm_backward.cu", "layer_norm_backward", arguments, gradients),
                (blocks, 1),
                Threads(columns),
                values);
        }
        else
        {
            if (parameters)
            {
                device.Launch(
                    BackwardKernel(WideFile, "layer_norm_parameters_wide", arguments, gradients),
                    (WideBlocks(columns), blocks),
                    WideParameterThreads,
                    values);
            }

            if (gradients.Dx.Address != 0)
            {
                device.Launch(BackwardKernel(WideFile, "layer_norm_input_wide", arguments, gradients), (rows, 1), MostThreads, values);
            }
        }

        if (parameters)
        {
            var total = new TotalArguments(
                scratch,
                gradients.DScale.Address,
                gradients.DShift.Address,
                blocks,
                columns,
                gradients.Accumulate ? 1 : 0);
            device.Launch(
                new KernelVariant("layer_norm_total.cu", "layer_norm_total"),
                (Quotient(columns, TotalColumns), 2),
                TotalThreads,
                total);
        }
    }

    /// <summary>Columns that a thread holds in registers; 0: none.</summary>
    private static int Items(int columns) => columns switch { <= OneVectorColumns => Vector, <= MostHeldColumns => 2 * Vector, _ => 0 };

    /// <summary>Threads of a block that does a row at a time.</summary>
    private static int Threads(int columns)
        => Items(columns) == 0 ? MostThreads : Quotient(Quotient(columns, Items(columns)), WarpThreads) * WarpThreads;

    /// <summary>Blocks across the columns of a row that is not held.</summary>
    private static int WideBlocks(int columns) => Quotient(Quotient(columns, Vector), WideParameterThreads);

    /// <summary>Blocks whose rows' sums for dγ and dβ are added up apart; never more than rows.</summary>
    private static int RowBlocks(int rows, int columns)
    {
        int warps = Items(columns) == 0 ? WideBlocks(columns) * (WideParameterThreads / WarpThreads) : Threads(columns) / WarpThreads;
        int most = Math.Max(RowBlockWarps / warps, 1);
        if (Items(columns) == Vector)
        {
            most = Math.Max(most, Math.Min(rows / LeastBlockRows, RowBlockMultiprocessors * (OneVectorWarps / warps)));
        }

        return Math.Min(rows, most);
    }

    private static KernelVariant BackwardKernel(
        string file,
        string function,
        in LayerNormArguments arguments,
        in LayerNormGradients gradients)
    {
        NumericFormat dx = (gradients.Dx.Address != 0 ? gradients.Dx : arguments.X).Format.Storage();
        return new(
            file,
            function,
            arguments.X.Format.Storage(),
            gradients.Dy.Format.Storage(),
            dx,
            (int)arguments.Activation,
            Items(arguments.X.Columns));
    }

    private readonly record struct ForwardArguments(
        CudaMatrix X,
        CudaMatrix Y,
        CudaMatrix Statistics,
        nint Scale,
        nint Shift,
        int Rows,
        int Columns,
        float Epsilon);

    private readonly record struct BackwardArguments(
        CudaMatrix X, CudaMatrix Dy, CudaMatrix Dx, CudaMatrix Statistics, nint Scale, nint Shift, nint Sums, int Rows, int Columns);

    private readonly record struct TotalArguments(nint Sums, nint DScale, nint DShift, int Blocks, int Columns, int Accumulate);
}
