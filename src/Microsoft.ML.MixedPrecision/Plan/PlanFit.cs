using System.Globalization;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Refuses a plan that the device has no room for, before anything is allocated.</summary>
internal static class PlanFit
{
    /// <summary>Bytes of a card that a plan leaves to what it does not count: loaded kernels, graphs, rows on their way,
    /// validation.</summary>
    internal const long CardReserve = 128L << 20;

    /// <summary>Throws unless the plan fits.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Formats, optimizer, batch.</param>
    /// <param name="device">Where the plan will run.</param>
    /// <param name="memory">The plan's bytes.</param>
    /// <exception cref="InsufficientMemoryException">The plan, the free bytes, and a batch that would fit.</exception>
    public static void Require(Network network, PlanSettings settings, Device device, MemoryReport memory)
    {
        long needed = Needed(device, memory);
        if (needed <= Room(device))
        {
            return;
        }

        if (device is CpuDevice)
        {
            CpuDevice.CollectForgotten();
        }

        long free = device.FreeBytes;
        long room = free - Reserve(device);
        if (needed <= room)
        {
            return;
        }

        int rows = LargestBatch(network, settings, device, room);
        string remedy = rows > 0
            ? $"A batch of {rows} rows would fit: set BatchSize to {rows}, and GradientAccumulationSteps to "
                + $"{(settings.BatchRows + rows - 1) / rows} to keep the rows of a step."
            : "Not even a batch of one row would fit: use narrower or fewer hidden layers, or another device.";
        throw new InsufficientMemoryException(string.Create(
            CultureInfo.InvariantCulture,
            $"Training needs {MiB(memory.Total)} MiB of memory on {device.Description}, which has "
                + $"{Have(device, free, memory.Total - needed)}, with batches of {settings.BatchRows} rows. "
                + $"{remedy}{Environment.NewLine}{memory}"));
    }

    /// <summary>Throws where the targets of a batch are more words than a span can hold.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Loss and batch.</param>
    /// <exception cref="InvalidOperationException">The sizes, and a batch that can be.</exception>
    public static void RequireTargets(Network network, PlanSettings settings)
    {
        int words = settings.Loss.TargetWords(network.Output.Columns) * network.Output.Rows;
        long all = (long)words * settings.BatchRows;
        if (all > int.MaxValue)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"A batch of {settings.BatchRows:N0} rows with {words:N0} targets each has {all:N0} targets; {int.MaxValue:N0} are the "
                    + $"most. Lower BatchSize to at most {int.MaxValue / words}."));
        }
    }

    /// <summary>With as many steps a row.</summary>
    private static PlanSettings SmallerBatch(PlanSettings settings, int rows) => settings with
    {
        BatchRows = rows,
        BatchSteps = (int)(((long)settings.BatchSteps * rows + settings.BatchRows - 1) / settings.BatchRows),
    };

    /// <summary>What the plan takes beside what it finds there: rows that were read, and working memory of earlier plans.</summary>
    private static long Needed(Device device, MemoryReport memory)
        => device is CpuDevice ? memory.Total - memory.Data - device.ScratchBytes : memory.Total;

    private static long Reserve(Device device) => device is CudaDevice ? CardReserve : 0;

    private static long Room(Device device) => device.FreeBytes - Reserve(device);

    private static string Have(Device device, long free, long there) => device switch
    {
        CpuDevice cpu when there > 0 => $"{MiB(Math.Max(free, 0))} MiB free of the {MiB(cpu.MemoryLimit)} MiB that this process may "
            + $"use, and {MiB(there)} MiB that the plan has already",
        CpuDevice cpu => $"{MiB(Math.Max(free, 0))} MiB free of the {MiB(cpu.MemoryLimit)} MiB that this process may use",
        CudaDevice => $"{MiB(free)} MiB free, of which {MiB(CardReserve)} MiB stay free for kernels and graphs",
        _ => $"{MiB(free)} MiB free",
    };

    private static string MiB(long bytes) => (bytes / (double)(1 << 20)).ToString("N1", CultureInfo.InvariantCulture);

    private static int LargestBatch(Network network, PlanSettings settings, Device device, long room)
    {
        (int fits, int tooLarge) = (0, settings.BatchRows);
        while (tooLarge - fits > 1)
        {
            int rows = fits + ((tooLarge - fits) / 2);
            if (Fits(rows))
            {
                fits = rows;
            }
            else
            {
                tooLarge = rows;
            }
        }

        // A card computes small batches in two branches, so that the rounded one may need more than a larger one does.
        int rounded = RoundDown(fits);
        while (rounded > 0 && !Fits(rounded))
        {
            rounded = RoundDown(rounded - 1);
        }

        return rounded;

        bool Fits(int rows) => Needed(
            device,
            new PlanDraft(network, SmallerBatch(settings, rows), device).Memory(dataBytes: 0)) <= room;
    }

    /// <summary>To a multiple of a power of two, at least 15/16 of it: such batches make fast products.</summary>
    private static int RoundDown(int rows)
    {
        int step = 1;
        while (rows / (step * 2) >= 16)
        {
            step *= 2;
        }

        return rows / step * step;
    }
}
