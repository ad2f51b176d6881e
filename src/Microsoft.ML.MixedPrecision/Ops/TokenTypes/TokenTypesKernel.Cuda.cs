using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (token_types_rows.cu, token_types_forward.cu, token_types_backward.cu): the CPU's order of sums,
/// the same bits. The host never asks where separators are.</content>
internal static partial class TokenTypesKernel
{
    private const int WarpThreads = 32;

    private const string BackwardFile = "token_types_backward.cu";

    /// <summary>Bytes of working memory that the backward pass needs.</summary>
    /// <param name="rows">R.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns) => (long)Quotient(rows, BlockRows) * Count * columns * sizeof(float);

    private static void Find(CudaDevice device, in Words ids, int separator, in Words types, in ExamplePlaces places)
        => device.LaunchOver(
            new KernelVariant("token_types_rows.cu", "token_types_rows"),
            (places.Examples + 1L) * WarpThreads,
            new CudaRowsArguments(ids.Address, types.Address, places, checked((int)types.Count), separator));

    private static void Forward(CudaDevice device, in Tensor x, in Words types, in Tensor table, in Tensor y)
        => device.LaunchOver(
            new KernelVariant("token_types_forward.cu", "token_types_forward", x.Format.Storage(), y.Format.Storage()),
            y,
            new CudaForwardArguments(x, table, y, types.Address, x.Rows, x.Columns));

    private static void Backward(CudaDevice device, in Tensor dy, in Words types, in Tensor dtable, bool accumulate)
    {
        int blocks = Quotient(dy.Rows, BlockRows);
        var arguments = new CudaBackwardArguments(
            dy,
            dtable,
            types.Address,
            device.Scratch(CudaScratchBytes(dy.Rows, dy.Columns)),
            dy.Rows,
            dy.Columns,
            BlockRows,
            accumulate ? 1 : 0);
        NumericFormat format = dy.Format.Storage();
        device.LaunchOver(new KernelVariant(BackwardFile, "token_types_sums", format), dy with { Rows = blocks }, arguments);
        device.LaunchOver(new KernelVariant(BackwardFile, "token_types_total", format), (long)Count * dy.Columns, arguments);
    }

    private readonly record struct CudaRowsArguments(nint Ids, nint Types, ExamplePlaces Places, int Rows, int Separator);

    private readonly record struct CudaForwardArguments(
        CudaMatrix X, CudaMatrix Table, CudaMatrix Y, nint Types, int Rows, int Columns);

    private readonly record struct CudaBackwardArguments(
        CudaMatrix Dy, CudaMatrix Dtable, nint Types, nint Sums, int Rows, int Columns, int BlockRows, int Accumulate);
}
