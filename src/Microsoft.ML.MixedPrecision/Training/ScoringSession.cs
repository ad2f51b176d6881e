using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Memory for the forward pass of one thread: features in, probabilities out.</summary>
internal sealed unsafe class ScoringSession : OpContext, IDisposable
{
    private readonly ScoringWeights _weights;
    private readonly ValueLayout _layout;
    private readonly PlanBuilder _plan;
    private readonly DeviceMemory _arena;
    private int _examples;

    /// <summary>Lays out the forward pass in Float32.</summary>
    public ScoringSession(Network network, ScoringWeights weights, int maxRows)
    {
        _weights = weights;
        _plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        Value input = PlanBuilder.Input("features", network.Definition.Inputs, NumericFormat.Float32);
        Value logits = _plan.Finish(network.Body.Build(_plan, input));
        _layout = new ValueLayout(_plan, input, logits, maxRows);
        _arena = weights.Device.Allocate(_layout.Bytes);
        MaxRows = maxRows;
    }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxRows { get; }

    /// <inheritdoc/>
    public override CpuDevice Device => _weights.Device;

    /// <inheritdoc/>
    public override int Examples => _examples;

    /// <summary>Where the features of the next batch of <paramref name="rows"/> rows are to be written: (rows, inputs), Float32.</summary>
    public Tensor Input(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        _examples = rows;
        return this[_layout.Input];
    }

    /// <inheritdoc/>
    public override Tensor this[Value value] => _layout.Value(value, _arena.Address, _examples);

    /// <summary>Class probabilities, softmax of the logits.</summary>
    /// <param name="x">Features, rows × inputs, dense.</param>
    /// <param name="rows">Rows, at most <see cref="MaxRows"/>.</param>
    /// <param name="scores">Receives rows × classes, dense.</param>
    public void Run(ReadOnlySpan<float> x, int rows, Span<float> scores)
    {
        Tensor input = Input(rows);
        for (int row = 0; row < rows; row++)
        {
            x.Slice(row * input.Columns, input.Columns).CopyTo(new Span<float>(input.Row(row), input.Columns));
        }

        Tensor logits = Forward();
        Softmax.Run(Device, logits, logits);
        for (int row = 0; row < rows; row++)
        {
            new Span<float>(logits.Row(row), logits.Columns).CopyTo(scores.Slice(row * logits.Columns, logits.Columns));
        }
    }

    /// <summary>The logits (rows, classes) of the rows written to <see cref="Input"/>; valid until the next call.</summary>
    public Tensor Forward()
    {
        foreach (Op op in _plan.Ops)
        {
            op.Forward(this);
        }

        return this[_layout.Logits];
    }

    /// <inheritdoc/>
    public override PackedOperand? Packed(Parameter weight) => _weights.Packed(weight);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _weights.Operand(parameter);

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
