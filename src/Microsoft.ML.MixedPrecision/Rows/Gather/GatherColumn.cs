using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>One column of a micro-batch from a store in a graphics card's memory (gather_column.cu): whatever <see cref="GatherExamples"/>
/// does not take along.</summary>
internal static class GatherColumn
{
    private static readonly KernelVariant Kernel = new("gather_column.cu", "gather_column");

    /// <summary>Makes the kernel ready for a capture.</summary>
    /// <param name="device">Copies.</param>
    public static void Prepare(CudaDevice device) => device.Prepare(Kernel);

    /// <summary>Adds it to the device's work. A number that is no row of the store gives zeros.</summary>
    /// <param name="device">Copies.</param>
    /// <param name="arguments">From where to where.</param>
    public static void Run(CudaDevice device, in GatherColumnArguments arguments)
        => device.LaunchOver(Kernel, arguments.Rows * (arguments.Bytes / (long)arguments.Unit), arguments);
}

/// <summary><c>GatherColumn</c> of gather_column.cu, field by field; all addresses are the card's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GatherColumnArguments
{
    /// <summary>Addresses of the store's chunks, 64 bits each.</summary>
    public nint Chunks { get; init; }

    /// <summary>Receives the examples, one behind the other.</summary>
    public nint Y { get; init; }

    /// <summary>Row numbers of the epoch, Int32.</summary>
    public nint Order { get; init; }

    /// <summary>The run's <c>RunBlock</c>, whose cursor says where in the order the batch begins.</summary>
    public nint Run { get; init; }

    /// <summary>Bytes from the start of a chunk to the column.</summary>
    public long Start { get; init; }

    /// <summary>Bytes of an example: a multiple of the unit.</summary>
    public int Bytes { get; init; }

    /// <summary>Bytes that a thread copies at a time, 1, 2, 4, 8 or 16, to which all addresses are aligned.</summary>
    public int Unit { get; init; }

    /// <summary>A chunk has 2^shift rows.</summary>
    public int Shift { get; init; }

    /// <summary>Rows of the store.</summary>
    public int StoreRows { get; init; }

    /// <summary>Rows of the batch.</summary>
    public int Rows { get; init; }
}
