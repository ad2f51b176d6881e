using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>The memory of a training plan as its operations see it.</summary>
internal sealed class PlanContext : OpContext, IDisposable
{
    private readonly ValueMemory _values;
    private readonly ParameterArenas _parameters;
    private readonly CudaBranch[] _branches;
    private BatchSize _batch;
    private int _op;

    /// <summary>Creates a context.</summary>
    /// <param name="device">Where work runs.</param>
    /// <param name="values">Values and their gradients.</param>
    /// <param name="parameters">Parameters and their gradients.</param>
    /// <param name="branchingOps">Number of operations, where each may begin a branch in the backward pass; 0: none does.</param>
    public PlanContext(Device device, ValueMemory values, ParameterArenas parameters, int branchingOps = 0)
    {
        _branches = device is CudaDevice card ? [.. Enumerable.Range(0, branchingOps).Select(_ => new CudaBranch(card))] : [];
        Device = device;
        _values = values;
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public override Device Device { get; }

    /// <inheritdoc/>
    public override Tensor this[Value value] => _values.Value(value, _batch);

    /// <inheritdoc/>
    public override Words Words(Value value) => _values.Words(value, _batch);

    /// <summary>Where the step's <see cref="StepPosition"/> lies; 0 where no operation asks.</summary>
    public nint PositionAddress { get; init; }

    /// <inheritdoc/>
    public override nint Position => PositionAddress;

    /// <summary>What losses need of the step; all 0 where no operation asks.</summary>
    public LossPlaces LossPlaces { get; init; }

    /// <inheritdoc/>
    public override LossPlaces Losses => LossPlaces;

    /// <summary>What layers learn without gradient; null where no operation asks.</summary>
    public StateArenas? States { get; init; }

    /// <inheritdoc/>
    public override StateTensors State(LayerState state) => States![state];

    /// <summary>Says how much the batch to come has.</summary>
    public void SetBatch(BatchSize batch) => _batch = batch;

    /// <summary>Says which operation's backward pass comes now, and waits for the branches whose buffers it may overwrite: see
    /// <see cref="ValueLayout.BranchDelay"/>.</summary>
    /// <param name="op">Its number; −1 behind the last one.</param>
    public void EnterBackward(int op)
    {
        _op = op;
        for (int begun = op + 1 + (op < 0 ? 0 : ValueLayout.BranchDelay); begun < _branches.Length; begun++)
        {
            _branches[begun].Join();
        }
    }

    /// <inheritdoc/>
    public override IDisposable? BeginBranch() => _branches.Length == 0 ? null : ((CudaDevice)Device).Begin(_branches[_op]);

    /// <summary>Frees the branches.</summary>
    public void Dispose()
    {
        foreach (CudaBranch branch in _branches)
        {
            branch.Free();
        }
    }

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => _values.Gradient(value, _batch);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _parameters.Operand(parameter);

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => _parameters.Gradient(parameter);
}
