using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>
/// Reads one example token by token, on the CPU in Float32, and gives the network's output at each: the forward pass of scoring over one
/// row of one step, in which attention keeps the keys and values of the steps before (the key-value cache). So each token is multiplied
/// with the weights once, however many come after it.
/// </summary>
/// <remarks>What operations keep grows with the tokens that are read; of a Transformer it is 2 · layers · width numbers a
/// token.</remarks>
internal sealed class DecodingSession : OpContext, IDisposable
{
    private static readonly BatchSize One = new(1, 1);

    private readonly ScoringWeights _weights;
    private readonly ValueLayout _layout;
    private readonly ValueMemory _values;
    private readonly Op[] _ops;
    private readonly float[][] _kept;

    /// <summary>Lays out one step.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="NotSupportedException">The network reads no tokens, or its result at one depends on later ones.</exception>
    public DecodingSession(Network network, ScoringWeights weights)
    {
        TokensInput tokens = network.Tokens
            ?? throw new NotSupportedException("Only networks that read tokens are computed token by token.");
        MostTokens = tokens.Rows;
        _weights = weights;
        var plan = new NetworkPlan(network, new PlanBuilder(PrecisionPolicy.Float32, training: false));
        _ops = [.. plan.Builder.Ops];
        if (_ops.FirstOrDefault(op => op is not IStepwiseOp && op.Inputs.Contains(plan.Builder.Ends!)) is { } whole)
        {
            throw new NotSupportedException($"'{whole.Name}' looks at whole examples, so that its steps cannot be computed one by one.");
        }

        _layout = new ValueLayout(plan.Builder, plan.Features, plan.Output, One);
        _values = new ValueMemory(weights.Device, _layout);
        _kept = [.. _ops.Select(op => op is IStepwiseOp { NumbersOfStep: > 0 and var numbers } ? new float[numbers] : [])];
    }

    /// <summary>Tokens that an example may have.</summary>
    public int MostTokens { get; }

    /// <summary>Tokens that were read.</summary>
    public int Tokens { get; private set; }

    /// <inheritdoc/>
    public override Device Device => _weights.Device;

    /// <inheritdoc/>
    public override Tensor this[Value value] => _values.Value(value, One);

    /// <summary>Reads a token.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The output at it, until the next call.</returns>
    /// <exception cref="InvalidOperationException">As many as an example may have were read.</exception>
    public unsafe ReadOnlySpan<float> Next(int id)
    {
        if (Tokens == MostTokens)
        {
            throw new InvalidOperationException($"The example has {MostTokens} tokens, as many as it may have; call {nameof(Restart)}.");
        }

        Words(_layout.Input).Span<int>()[0] = id;
        for (int i = 0; i < _ops.Length; i++)
        {
            if (_ops[i] is IStepwiseOp stepwise)
            {
                stepwise.ForwardStep(this, Room(i), Tokens);
            }
            else
            {
                _ops[i].Forward(this);
            }
        }

        Tokens++;
        Tensor output = this[_layout.Output];
        return new ReadOnlySpan<float>(output.Row(0), output.Columns);
    }

    /// <summary>Begins another example.</summary>
    public void Restart() => Tokens = 0;

    /// <inheritdoc/>
    public override Words Words(Value value) => _values.Words(value, One);

    /// <inheritdoc/>
    public override PackedOperand? Packed(Parameter weight) => _weights.Packed(weight);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _weights.Operand(parameter);

    /// <inheritdoc/>
    public override StateTensors State(LayerState state) => new(_weights.State(state), default);

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();

    /// <summary>What an operation has kept, with room for a step more: memory doubles.</summary>
    private Span<float> Room(int op)
    {
        int numbers = ((IStepwiseOp)_ops[op]).NumbersOfStep, wanted = checked(numbers * (Tokens + 1));
        if (_kept[op].Length < wanted)
        {
            Array.Resize(ref _kept[op], (int)Math.Min(Math.Min(2L * wanted, (long)numbers * MostTokens), Array.MaxLength));
        }

        return _kept[op].AsSpan(0, wanted);
    }
}
