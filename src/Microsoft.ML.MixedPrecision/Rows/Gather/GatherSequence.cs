using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The sequences of a micro-batch from a store in a graphics card's memory, without padding (gather_sequence.cu).</summary>
internal static class GatherSequence
{
    private const string File = "gather_sequence.cu";
    private const int EndsThreads = 1024;
    private const int SequenceThreads = 128;

    private static readonly KernelVariant Ends = new(File, "gather_ends");
    private static readonly KernelVariant Ids = new(File, "gather_sequence");

    /// <summary>Makes the kernels ready for a capture.</summary>
    /// <param name="device">Copies.</param>
    public static void Prepare(CudaDevice device)
    {
        device.Prepare(Ends);
        device.Prepare(Ids);
    }

    /// <summary>Adds them to the device's work. A number that is no row of the store gives no steps.</summary>
    /// <param name="device">Copies.</param>
    /// <param name="arguments">From where to where.</param>
    /// <param name="hasEnds">Whether the ends are there already, of another sequence of the same lengths.</param>
    public static void Run(CudaDevice device, in GatherSequenceArguments arguments, bool hasEnds = false)
    {
        if (!hasEnds)
        {
            device.Launch(Ends, (1, 1), EndsThreads, arguments);
        }

        device.Launch(Ids, (arguments.Rows, 1), SequenceThreads, arguments);
    }
}

/// <summary><c>GatherSequence</c> of gather_sequence.cu, field by field; all addresses are the card's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GatherSequenceArguments
{
    /// <summary>Addresses of the store's chunks, 64 bits each.</summary>
    public nint Chunks { get; init; }

    /// <summary>Receives the ids, or other words of 4 bytes, one a step.</summary>
    public nint Y { get; init; }

    /// <summary>Receives where each example's ids end, Int32.</summary>
    public nint Ends { get; init; }

    /// <summary>Row numbers of the epoch, Int32.</summary>
    public nint Order { get; init; }

    /// <summary>The run's <c>RunBlock</c>, whose cursor says where in the order the batch begins.</summary>
    public nint Run { get; init; }

    /// <summary>Bytes from the start of a chunk to the ids.</summary>
    public long IdsStart { get; init; }

    /// <summary>Bytes from the start of a chunk to the lengths.</summary>
    public long LengthsStart { get; init; }

    /// <summary>Ids that a row of the store has room for.</summary>
    public int Most { get; init; }

    /// <summary>A chunk has 2^shift rows.</summary>
    public int Shift { get; init; }

    /// <summary>Rows of the store.</summary>
    public int StoreRows { get; init; }

    /// <summary>Rows of the batch.</summary>
    public int Rows { get; init; }

    /// <summary>Steps of the batch, those of none included.</summary>
    public int Steps { get; init; }
}
