using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>
/// Everything that is decided before the first step: the list of operations with their formats, the place of every buffer, the arenas of
/// the parameters. <see cref="StepRunner.Take"/> has the order of a step.
/// </summary>
internal sealed partial class TrainingPlan : IDisposable
{
    private readonly Device _device;
    private readonly PlanSettings _settings;
    private readonly Op[] _ops;
    private readonly ValueLayout _layout;
    private readonly ParameterArenas _parameters;
    private readonly ValueMemory _activations;
    private readonly StateArenas _states;
    private readonly StepMemory _step;
    private readonly PlanContext _context;
    private readonly RangeProbe[] _probes;

    /// <summary>Plans and allocates; weights start from the network's parameters, or everything from a state.</summary>
    /// <param name="network">The network.</param>
    /// <param name="settings">Formats, optimizer, batch.</param>
    /// <param name="device">Where the plan runs.</param>
    /// <param name="state">Where another plan of the network stood between two steps, under these settings or others; null: before the
    /// first step.</param>
    /// <exception cref="ArgumentException">The state is of another network or optimizer.</exception>
    /// <exception cref="InsufficientMemoryException">The device has too little memory.</exception>
    /// <exception cref="InvalidOperationException">The targets of a batch are too many to be counted.</exception>
    public TrainingPlan(Network network, PlanSettings settings, Device device, TrainingState? state = null)
    {
        _device = device;
        _settings = settings;
        PlanFit.RequireTargets(network, settings);
        var draft = new PlanDraft(network, settings, device);
        PlanFit.Require(network, settings, device, draft.Memory(device is CpuDevice ? settings.RowBytes : 0));
        _ops = draft.Ops;
        _layout = draft.Layout;
        try
        {
            Reserve(draft);
            _parameters = new ParameterArenas(device, draft.Parameters, settings.Policy.WeightUpdate, settings.Optimizer.Moments);
            _activations = new ValueMemory(device, _layout);
            _states = new StateArenas(device, draft.States);
            _step = new StepMemory(device, settings.LossScale, StepMemory.RingCapacity);
            _context = new PlanContext(
                device,
                _activations,
                _parameters,
                draft.Branches ? _ops.Length : 0)
            { PositionAddress = _step.Addresses.Position, LossPlaces = _step.Addresses.Losses, States = _states };
            _probes = settings.MeasuresRanges ? [.. Probes()] : [];
            Restore(state);
            var parts = new StepParts(settings, _ops, _layout, _context, _parameters, _states, _probes, _step);
            Steps = device is CudaDevice cuda ? new CudaStep(cuda, parts) : new CpuStep((CpuDevice)device, parts);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes the steps.</summary>
    public StepRunner Steps { get; }

    /// <summary>The records of the attempted steps.</summary>
    public StepMemory Records => _step;

    /// <summary>State of the loss scale; on a card as of the last time that the host looked.</summary>
    public ref LossScaleState Scale => ref _step.Phase.Scale;

    /// <summary>State of the commit; on a card as of the last time that the host looked.</summary>
    public ref CommitState State => ref _step.Phase.Commit;

    /// <summary>State of the run; on a card as of the last time that the host looked.</summary>
    public ref RunBlock Run => ref _step.Run;

    /// <summary>The parameters' arenas.</summary>
    public ParameterArenas Parameters => _parameters;

    /// <summary>What layers learn without gradient.</summary>
    public StateArenas States => _states;

    /// <summary>The operations.</summary>
    public IReadOnlyList<Op> Ops => _ops;

    /// <summary>The memory of values and gradients, as the operations see it.</summary>
    public OpContext Context => _context;

    /// <summary>Name of the first parameter that holds an infinity or NaN as products read it; null if none does.</summary>
    public string? FirstOverflownWeight
        => _parameters.Slots.FirstOrDefault(slot => !_parameters.IsFinite(slot))?.Parameter.Name;

    /// <summary>Where the latest step, as far as the host has looked, met its first value that is not finite: as in
    /// <see cref="StepMetrics.NonFinite"/>; null if it was committed.</summary>
    public string? NonFinitePlace => NonFinite.NameOf(State.FirstNonFinite, slot => _parameters.Slots[slot].Parameter.Name);

    /// <summary>What the probes measured; empty without probes.</summary>
    public IEnumerable<ValueRange> Ranges => _probes.Select(probe => probe.ToRange());

    /// <summary>Rows of the largest micro-batch.</summary>
    public int BatchRows => _settings.BatchRows;

    /// <summary>Bytes by category.</summary>
    public MemoryReport Memory => new()
    {
        Masters = _parameters.MasterBytes,
        Shadows = _parameters.ShadowBytes,
        Gradients = _parameters.GradientBytes,
        Moments = _parameters.MomentBytes,
        Activations = _activations.Bytes,
        Workspace = Steps.WorkspaceBytes + _step.Bytes + _states.Bytes,
        Scratch = _device.ScratchBytes,
        Data = Steps.DataBytes,
    };

    /// <summary>Copies the trained values, and what layers have learnt without gradient, into the network.</summary>
    public void Store()
    {
        _parameters.Store();
        _states.Store();
    }

    /// <summary>The format of every operation and why, as a table; on a card also the algorithms of its products.</summary>
    public string Explain() => Explanation.ToString();

    /// <summary>The same in parts.</summary>
    public PlanExplanation Explanation => new(
        $"policy {_settings.Policy}, loss scale {_settings.LossScale}, {_settings.Optimizer.Kind} in Float32, weights "
            + $"{_settings.Policy.WeightUpdate}",
        [.. Ops.Select(op => PlanExplanation.Entry(op.Explain()))],
        Steps.ExplainProducts());

    /// <inheritdoc/>
    /// <remarks>Runs also when the constructor threw, so that fields may be null.</remarks>
    public void Dispose()
    {
        Steps?.Dispose();
        _context?.Dispose();
        foreach (RangeProbe probe in _probes ?? [])
        {
            probe.Dispose();
        }

        _parameters?.Dispose();
        _activations?.Dispose();
        _states?.Dispose();
        _step?.Dispose();
    }

    /// <summary>On a card: takes the working memory of all operations, so that none allocates later.</summary>
    private void Reserve(PlanDraft draft)
    {
        if (_device is CudaDevice card)
        {
            foreach (CudaScratchUse use in Enum.GetValues<CudaScratchUse>())
            {
                card.Reserve(draft.ScratchBytes(use), use, draft.Branches);
            }
        }
    }

    private IEnumerable<RangeProbe> Probes()
        => Ops.SelectMany(op => op.Watched).Prepend(_layout.Input).Where(value => value.Kind == ElementKind.Number)
            .Select(value => new RangeProbe(value, ofGradient: false, _device))
            .Concat(Ops.Reverse().SelectMany(op => op.Outputs)
                .Where(value => value.NeedsGradient)
                .Select(value => new RangeProbe(value, ofGradient: true, _device)));
}
