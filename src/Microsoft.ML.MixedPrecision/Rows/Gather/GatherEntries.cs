using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The sparse rows of a micro-batch from a store in a graphics card's memory (gather_entries.cu).</summary>
internal static class GatherEntries
{
    private static readonly KernelVariant Kernel = new("gather_entries.cu", "gather_entries");

    /// <summary>Makes the kernel ready for a capture.</summary>
    /// <param name="device">Copies.</param>
    public static void Prepare(CudaDevice device) => device.Prepare(Kernel);

    /// <summary>Adds it to the device's work. A number that is no row of the store gives a row without entries.</summary>
    /// <param name="device">Copies.</param>
    /// <param name="arguments">From where to where.</param>
    public static void Run(CudaDevice device, in GatherEntriesArguments arguments)
        => device.LaunchOver(Kernel, arguments.Rows * (long)arguments.Most, arguments);
}

/// <summary><c>GatherEntries</c> of gather_entries.cu, field by field; all addresses are the card's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GatherEntriesArguments
{
    /// <summary>Addresses of the store's chunks, 64 bits each.</summary>
    public nint Chunks { get; init; }

    /// <summary>The entries of all rows, one behind the other.</summary>
    public nint Entries { get; init; }

    /// <summary>Receives the entries, <see cref="Most"/> for each row.</summary>
    public nint Y { get; init; }

    /// <summary>Row numbers of the epoch, Int32.</summary>
    public nint Order { get; init; }

    /// <summary>The run's <c>RunBlock</c>, whose cursor says where in the order the batch begins.</summary>
    public nint Run { get; init; }

    /// <summary>Bytes from the start of a chunk to the column of places.</summary>
    public long Start { get; init; }

    /// <summary>Entries that the batch has for a row.</summary>
    public int Most { get; init; }

    /// <summary>A chunk has 2^shift rows.</summary>
    public int Shift { get; init; }

    /// <summary>Rows of the store.</summary>
    public int StoreRows { get; init; }

    /// <summary>Rows of the batch.</summary>
    public int Rows { get; init; }
}
