using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>A training plan before anything is allocated: the operations, the place of every buffer, and so the bytes it will
/// take.</summary>
internal sealed unsafe class PlanDraft
{
    private readonly PlanSettings _settings;
    private readonly bool _isOnCard;
    private readonly CpuDevice? _cpu;

    /// <summary>Decides.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Formats, optimizer, batch.</param>
    /// <param name="device">Where the plan will run.</param>
    /// <exception cref="ArgumentException">Every parameter is frozen.</exception>
    public PlanDraft(Network network, PlanSettings settings, Device device)
    {
        _settings = settings;
        _isOnCard = device is CudaDevice;
        _cpu = device as CpuDevice;
        var plan = new PlanBuilder(settings.Policy, training: true)
        {
            Seed = settings.Seed,
            Frozen = settings.Frozen,
            Regularization = settings.Regularization,
            LongestRow = settings.LongestRow,
        };
        var planned = new NetworkPlan(network, plan, new LossTerm(settings.Loss, settings.HasWeights));
        Ops = [.. plan.Ops];
        int rows = Ops.SelectMany(op => op.Outputs).Max(value => value.RowsOf(settings.Batch));
        Branches = device is CudaDevice card && (settings.Branches ?? HasSmallProducts(card, network.Widest, rows));
        Parameters = plan.Parameters;
        if (!Parameters.Any(parameter => parameter.Trains))
        {
            throw new ArgumentException(
                "Every parameter of the network is frozen, so that nothing would train; leave at least one.",
                nameof(settings));
        }

        States = [.. plan.States];
        Layout = new ValueLayout(plan, planned.Features, planned.Output, settings.Batch, Branches);
        Slots = ParameterArenas.LayOut(Parameters, settings.Policy.WeightUpdate);
    }

    /// <summary>The operations in forward order.</summary>
    public Op[] Ops { get; }

    /// <summary>The place of every value and gradient.</summary>
    public ValueLayout Layout { get; }

    /// <summary>The places of the parameters.</summary>
    public ImmutableArray<ParameterSlot> Slots { get; }

    /// <summary>Whether weight gradients are computed beside the rest of the backward pass.</summary>
    public bool Branches { get; }

    /// <summary>The parameters: those that train, in the order in which backward finishes them, then frozen ones.</summary>
    public IReadOnlyList<PlannedParameter> Parameters { get; }

    /// <summary>What layers learn without gradient.</summary>
    public IReadOnlyList<LayerState> States { get; }

    /// <summary>Bytes of working memory for one use, the same on every lane of a card.</summary>
    public long ScratchBytes(CudaScratchUse use) => Ops.Max(op => op.CudaScratchBytes(_settings.Batch, use));

    /// <summary>Bytes by category.</summary>
    /// <param name="dataBytes">Bytes of rows on the device.</param>
    public MemoryReport Memory(long dataBytes)
    {
        ArenaBytes arenas = ArenaBytes.Of(Slots, _settings.Optimizer.Moments);
        return new MemoryReport
        {
            Masters = arenas.Masters,
            Shadows = arenas.Shadows,
            Gradients = arenas.Gradients,
            Moments = arenas.Moments,
            Activations = Layout.Bytes,
            Workspace = StepMemory.SizeOf(StepMemory.RingCapacity) + StateArenas.SizeOf(States)
                + (_isOnCard ? StepWorkspace.OnCard(Slots.Count(slot => slot.Trains), arenas.TrainedElements) : 0),
            Scratch = _isOnCard ? CudaScratch() : CpuScratch(),
            Data = dataBytes,
        };
    }

    private long CudaScratch()
    {
        long lane = CudaLane.WorkspaceBytes + (CudaLane.CounterCount * sizeof(uint)) + Enum.GetValues<CudaScratchUse>().Sum(ScratchBytes);
        return lane * (Branches ? 2 : 1);
    }

    private long CpuScratch()
        => _cpu is null
            ? 0
            : _cpu.ScratchBytesAfter(
                _settings.SmallerBatches.Append(_settings.BatchRows).Max(rows => CpuScratch(_cpu, Math.Min(rows, _settings.BatchRows))));

    /// <summary>What the kernel of the most working memory asks for, for one thread.</summary>
    private long CpuScratch(CpuDevice device, int rows)
    {
        long most = Slots.Where(slot => slot.Trains).Max(slot => FiniteCheckKernel.ScratchBytes(slot.Elements));
        return Math.Max(most, Ops.Max(op => op.CpuScratchBytes(device, _settings.Batch with { Examples = rows })));
    }

    /// <summary>Whether even the largest product, cut into tiles of 128 × 128 as fast algorithms do, leaves half of a card idle.</summary>
    private static bool HasSmallProducts(CudaDevice card, long widest, int rows)
    {
        const long Tile = 128;
        return ((rows + Tile - 1) / Tile) * ((widest + Tile - 1) / Tile) <= card.Properties.Multiprocessors / 2;
    }
}
