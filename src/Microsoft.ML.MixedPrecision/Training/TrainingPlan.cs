using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>
/// Everything that is decided before the first step: the list of operations with their formats, the place of every buffer, the arenas of the
/// parameters. Construction runs every kernel once, so that their working memory is there too: a step allocates nothing. The step runs in segments, each of them fixed work on fixed memory:
/// <see cref="Accumulate"/> (once a micro-batch), then <see cref="Commit"/>. With several devices the gradients are summed between the two.
/// </summary>
internal sealed partial class TrainingPlan : IDisposable
{
    private const int RingCapacity = 1024;
    private readonly CpuDevice _device;
    private readonly PlanSettings _settings;
    private readonly Op[] _ops;
    private readonly ValueLayout _layout;
    private readonly ParameterArenas _parameters;
    private readonly DeviceMemory _activations;
    private readonly DeviceMemory _workspace;
    private readonly StepMemory _step;
    private readonly PlanContext _context;
    private readonly RangeProbe[] _probes;

    /// <summary>Plans and allocates; weights start from the network's parameters.</summary>
    /// <exception cref="InsufficientMemoryException">The device has too little memory.</exception>
    public TrainingPlan(Network network, PlanSettings settings, CpuDevice device)
    {
        _device = device;
        _settings = settings;
        var plan = new PlanBuilder(settings.Policy, training: true);
        Value input = PlanBuilder.Input("features", network.Definition.Inputs, network.FeatureFormat(settings.Policy));
        Value logits = plan.Finish(network.Body.Build(plan, input));
        _ops = [.. plan.Ops];
        _layout = new ValueLayout(plan, input, logits, settings.BatchRows);
        _parameters = new ParameterArenas(device, ParametersInBackwardOrder(), settings.Policy.WeightUpdate, settings.Optimizer.Moments);
        _activations = device.Allocate(_layout.Bytes);
        _workspace = device.Allocate(2L * sizeof(int) * settings.BatchRows);
        _context = new PlanContext(device, _layout, _activations.Address, _parameters);
        _probes = settings.MeasuresRanges ? [.. Probes()] : [];
        _step = new StepMemory(device, settings.LossScale, RingCapacity);
        WarmUp();
    }

    /// <summary>The records of the attempted steps.</summary>
    public StepMemory Records => _step;

    /// <summary>State of the loss scale.</summary>
    public ref LossScaleState Scale => ref _step.Block.Scale;

    /// <summary>State of the commit.</summary>
    public ref CommitState State => ref _step.Block.Commit;

    /// <summary>State of the run.</summary>
    public ref RunState Run => ref _step.Block.Run;

    /// <summary>The parameters' arenas.</summary>
    public ParameterArenas Parameters => _parameters;

    /// <summary>The operations.</summary>
    public IReadOnlyList<Op> Ops => _ops;

    /// <summary>The memory of values and gradients, as the operations see it.</summary>
    public OpContext Context => _context;

    /// <summary>Name of the first parameter that holds an infinity or NaN as products read it; null if none does.</summary>
    public string? FirstOverflownWeight
        => _parameters.Slots.FirstOrDefault(slot => !_parameters.IsFinite(slot))?.Parameter.Name;

    /// <summary>What the probes measured; empty without probes.</summary>
    public IEnumerable<ValueRange> Ranges => _probes.Select(probe => probe.ToRange());

    /// <summary>Bytes by category.</summary>
    /// <param name="dataBytes">Bytes of the staged rows.</param>
    public MemoryReport Memory(long dataBytes) => new()
    {
        Masters = _parameters.MasterBytes,
        Shadows = _parameters.ShadowBytes,
        Gradients = _parameters.GradientBytes,
        Moments = _parameters.MomentBytes,
        Activations = _activations.Bytes,
        Workspace = _workspace.Bytes + _step.Bytes,
        Scratch = _device.ScratchBytes,
        Data = dataBytes,
    };

    /// <summary>The format of every operation and why, as a table.</summary>
    public string Explain()
        => $"policy {_settings.Policy}, loss scale {_settings.LossScale}, {_settings.Optimizer.Kind} in Float32, weights {_settings.Policy.WeightUpdate}"
            + Environment.NewLine
            + ExplanationTable.Write(Ops.Select(op => op.Explain()).Append(ExplainLoss()));

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        _activations.Dispose();
        _workspace.Dispose();
        _step.Dispose();
    }

    private OpExplanation ExplainLoss()
    {
        FormatDecision decision = _settings.Policy.Decide(OperationKind.Loss, "loss");
        return new OpExplanation("loss", "softmax cross-entropy", $"{_layout.Logits.Columns}", NumericFormat.Float32, _layout.Logits.GradientFormat, decision.Reason + "; its gradient, times the loss scale, is stored for the products");
    }

    private IEnumerable<(Parameter Parameter, NumericFormat Format)> ParametersInBackwardOrder()
        => Ops.Reverse().SelectMany(op => op.Parameters.Select(parameter => (parameter, op.ParameterFormat)));

    private IEnumerable<RangeProbe> Probes()
        => Ops.Select(op => new RangeProbe(op.Output, ofGradient: false))
            .Concat(Ops.Reverse().Select(op => new RangeProbe(op.Output, ofGradient: true)));
}
