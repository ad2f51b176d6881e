using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>A micro-batch from a store in a graphics card's memory (gather_examples.cu): one matrix of features, target and weight in one
/// kernel, and with it the start of a step.</summary>
internal static class GatherExamples
{
    private static readonly KernelVariant Kernel = new("gather_examples.cu", "gather_examples");

    /// <summary>Makes the kernel ready for a capture.</summary>
    /// <param name="device">Copies.</param>
    public static void Prepare(CudaDevice device) => device.Prepare(Kernel);

    /// <summary>Adds it to the device's work. A number that is no row of the store gives target words of −1.</summary>
    /// <param name="device">Copies.</param>
    /// <param name="arguments">From where to where.</param>
    public static void Run(CudaDevice device, in GatherExamplesArguments arguments)
        => device.LaunchOver(
            Kernel, arguments.Rows * Math.Max(1, (arguments.RowBytes + 15L) / 16), arguments);
}

/// <summary><c>GatherExamples</c> of gather_examples.cu, field by field; all addresses are the card's.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GatherExamplesArguments
{
    /// <summary>Addresses of the store's chunks, 64 bits each.</summary>
    public nint Chunks { get; init; }

    /// <summary>Receives the features, rows of bytes a multiple of 16 apart.</summary>
    public CudaMatrix X { get; init; }

    /// <summary>Receives the targets, words of 4 bytes.</summary>
    public nint Targets { get; init; }

    /// <summary>Receives the weights, Float32; or 0.</summary>
    public nint Weights { get; init; }

    /// <summary>Row numbers of the epoch, Int32.</summary>
    public nint Order { get; init; }

    /// <summary>The run's <c>RunBlock</c>, whose cursor says where in the order the batch begins.</summary>
    public nint Run { get; init; }

    /// <summary>The phase's <c>PhaseBlock</c>, where the step begins.</summary>
    public nint Phase { get; init; }

    /// <summary>Bytes from row to row of the store, a multiple of 16.</summary>
    public long Pitch { get; init; }

    /// <summary>Bytes from the start of a chunk to the features.</summary>
    public long FeaturesAt { get; init; }

    /// <summary>Bytes from the start of a chunk to the targets.</summary>
    public long TargetsAt { get; init; }

    /// <summary>Bytes from the start of a chunk to the weights.</summary>
    public long WeightsAt { get; init; }

    /// <summary>A chunk has 2^shift rows.</summary>
    public int Shift { get; init; }

    /// <summary>Rows of the store.</summary>
    public int StoreRows { get; init; }

    /// <summary>Rows of the batch.</summary>
    public int Rows { get; init; }

    /// <summary>Bytes of a row's features; 0 for none.</summary>
    public int RowBytes { get; init; }

    /// <summary>Words of 4 bytes of a row's target; 0 for none.</summary>
    public int TargetWords { get; init; }

    /// <summary>Rows of the whole step where it begins with this micro-batch; else 0.</summary>
    public int StepRows { get; init; }

    /// <summary>Labelled positions of the step that begins; 0 where the host has written them.</summary>
    public int StepPositions { get; init; }
}
