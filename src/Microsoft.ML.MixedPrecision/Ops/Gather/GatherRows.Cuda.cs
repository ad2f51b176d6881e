using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (gather.cu).</content>
internal static unsafe partial class GatherRows
{
    /// <summary>
    /// Adds copying one row of the source to each row of the target to the device's work. An index that is no row leaves its row of the
    /// target as it is. Where all rows are aligned, padding is copied with them.
    /// </summary>
    /// <param name="device">Copies.</param>
    /// <param name="source">(M, C).</param>
    /// <param name="rowIndices">N indices in device memory.</param>
    /// <param name="target">(N, C) in the same storage format; must not overlap the source.</param>
    /// <exception cref="ArgumentException">Columns or formats differ.</exception>
    public static void Run(CudaDevice device, Tensor source, int* rowIndices, Tensor target)
    {
        RequireShape(source, target);
        var arguments = new GatherArguments(
            CudaMatrix.OfBytes(source), CudaMatrix.OfBytes(target), (nint)rowIndices, target.Rows, source.Rows, target.Columns * target.Format.BytesPerElement());
        device.LaunchOver(new KernelVariant("gather.cu", "gather_rows"), target.Rows * ((arguments.RowBytes + 15L) / 16), arguments);
    }
}

/// <summary>Argument of gather.cu, <c>Gather</c>, field by field.</summary>
internal readonly record struct GatherArguments(CudaMatrix Source, CudaMatrix Y, nint Indices, int Rows, int SourceRows, int RowBytes);
