using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The NVIDIA GPUs among which a device is chosen.</summary>
/// <param name="Cards">All cards, by ordinal.</param>
/// <param name="Problem">Why CUDA cannot be used, and what to do; null where it can.</param>
internal sealed record GpuInventory(IReadOnlyList<CudaProperties> Cards, string? Problem)
{
    /// <summary>This machine's.</summary>
    public static GpuInventory OfThisMachine => new(CudaInstallation.Current.Devices, CudaInstallation.Current.Problem);

    /// <summary>The first card that serves; null for none.</summary>
    public CudaProperties? First => Problem is null ? Cards.FirstOrDefault(Serves) : null;

    /// <summary>The card of a number; null where there is none or it does not serve.</summary>
    public CudaProperties? Find(int ordinal)
        => Problem is null ? Cards.FirstOrDefault(card => card.Ordinal == ordinal && Serves(card)) : null;

    /// <summary>Why there is no card of a number, and what to do, as the end of a sentence.</summary>
    public string WhyNot(int ordinal)
    {
        if (Problem is not null)
        {
            // "There" and "The" become small, "CUDA" does not.
            return Problem.Length > 1 && char.IsLower(Problem[1]) ? char.ToLowerInvariant(Problem[0]) + Problem[1..] : Problem;
        }

        return ordinal < Cards.Count
            ? $"GPU {ordinal} is {Cards[ordinal].Name} of compute capability {Cards[ordinal].Major}.{Cards[ordinal].Minor}; "
                + $"{ToolkitChoice.OldestCapability / 10}.{ToolkitChoice.OldestCapability % 10} or more is needed. Use another GPU, or "
                + $"use ComputeDevice.Cpu."
            : $"there {(Cards.Count == 1 ? "is 1 GPU" : $"are {Cards.Count} GPUs")}, numbered from 0 "
                + $"({string.Join(", ", Cards.Select(card => $"{card.Ordinal}: {card.Name}"))}); CUDA_VISIBLE_DEVICES may hide others. "
                + $"Use one of these, or use ComputeDevice.Cpu.";
    }

    private static bool Serves(CudaProperties card) => card.Capability >= ToolkitChoice.OldestCapability;
}
