using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The reduction of a <see cref="RangeProbe"/> on a graphics card (range_probe.cu): the totals are those of the CPU.</summary>
internal static class RangeProbeKernel
{
    private const int Threads = 256;
    private const int Vector = 8;

    /// <summary>As many blocks as a multiprocessor keeps at a time: each adds to the same few words once.</summary>
    private const int BlocksPerMultiprocessor = 8;

    /// <summary>Adds to the device's work: the totals of a tensor's current contents are added to totals in the device's memory.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="tensor">(N, C), any storage format.</param>
    /// <param name="totals">Address of a <see cref="RangeTotals"/> in device memory, which starts as zeros.</param>
    public static void Run(CudaDevice device, Tensor tensor, nint totals)
    {
        long vectors = tensor.Rows * (((long)tensor.Columns + Vector - 1) / Vector);
        long blocks = Math.Min((vectors + Threads - 1) / Threads, (long)device.Properties.Multiprocessors * BlocksPerMultiprocessor);
        var kernel = new KernelVariant("range_probe.cu", "range_probe", tensor.Format.Storage());
        device.Launch(kernel, ((int)blocks, 1), Threads, new Arguments(tensor, totals, tensor.Rows, tensor.Columns));
    }

    private readonly record struct Arguments(CudaMatrix X, nint Totals, int Rows, int Columns);
}
