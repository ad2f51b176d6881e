using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// Records the list of operations that layers append, decides each one's formats from the policy, and fuses. The list is complete
/// before the first step.
/// </summary>
internal sealed class PlanBuilder
{
    private readonly List<Op> _ops = [];
    private readonly List<PlannedFormat> _formats = [];
    private int _dropouts;

    /// <summary>Starts an empty list.</summary>
    /// <param name="policy">Decides formats; resolved, not <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="training">Whether backward follows, so that values are kept for it.</param>
    public PlanBuilder(PrecisionPolicy policy, bool training)
    {
        Policy = policy;
        Training = training;
    }

    /// <summary>Decides formats.</summary>
    public PrecisionPolicy Policy { get; }

    /// <summary>Whether backward follows.</summary>
    public bool Training { get; }

    /// <summary>Seed of the random numbers that operations draw.</summary>
    public int Seed { get; init; }

    /// <summary>The operations in forward order.</summary>
    public IReadOnlyList<Op> Ops => _ops;

    /// <summary>What the policy was asked and answered, in the order of the layers.</summary>
    public IReadOnlyList<PlannedFormat> Formats => _formats;

    /// <summary>The network's input (N, columns).</summary>
    public static Value Input(string name, int columns, NumericFormat format) => new(name, columns, format, format);

    /// <summary>Appends y = x·Wᵀ + b.</summary>
    /// <exception cref="ArgumentException">The weight's columns are not x's.</exception>
    public Value Linear(string name, Value x, Parameter weight, Parameter? bias)
    {
        if (weight.Columns != x.Columns)
        {
            throw new ArgumentException($"Layer '{name}' takes {weight.Columns} columns but gets {x.Columns}; give the layer before it {weight.Columns} outputs.", nameof(x));
        }

        RequireUnused(name, weight);
        FormatDecision decision = Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, weight.Rows, storage, storage);
        _ops.Add(new LinearOp(name, Cast(name, x, storage), output, weight, bias, decision));
        return output;
    }

    /// <summary>Appends y = γ·(x − µ)/√(σ² + ε) + β, mean and variance those of each row.</summary>
    /// <exception cref="ArgumentException">γ or β has not x's columns.</exception>
    public Value LayerNorm(string name, Value x, Parameter scale, Parameter shift)
    {
        RequireVectors(name, x, scale, shift);
        RequireUnused(name, scale);
        RequireUnused(name, shift);
        FormatDecision decision = Decide(OperationKind.Normalization, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage);
        Value? statistics = Training ? new Value(name + ".statistics", LayerNormKernel.StatisticsColumns, NumericFormat.Float32, NumericFormat.Float32) { RowsPerExample = x.RowsPerExample } : null;
        _ops.Add(new LayerNormOp(name, x, output, (scale, shift), statistics, decision));
        return output;
    }

    /// <summary>Appends y = γ·(x − µ)/√(σ² + ε) + β, mean and variance those of each column: of the micro-batch, or the running ones where nothing trains.</summary>
    /// <exception cref="ArgumentException">A part has not x's columns.</exception>
    public Value BatchNorm(string name, Value x, BatchNormParts parts)
    {
        RequireVectors(name, x, parts.Scale, parts.Shift, parts.Mean, parts.Variance);
        RequireUnused(name, parts.Scale);
        RequireUnused(name, parts.Shift);
        FormatDecision decision = Decide(OperationKind.Normalization, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage) { RowsPerExample = x.RowsPerExample };
        var statistics = new Value(name + ".statistics", x.Columns, NumericFormat.Float32, NumericFormat.Float32) { FixedRows = BatchNormKernel.StatisticsRows };
        _ops.Add(new BatchNormOp(name, x, output, parts with { Trains = Training }, statistics, decision));

        // The norm takes the mean, and with it any bias, out again.
        (x.Producer as LinearOp)?.LeaveBias();
        return output;
    }

    /// <summary>Appends y = act(x).</summary>
    public Value Activation(string name, Value x, ActivationKind kind)
    {
        FormatDecision decision = Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage);
        _ops.Add(new ActivationOp(name, x, output, kind, decision));
        return output;
    }

    /// <summary>Appends y = x ⊙ mask/(1 − rate), the mask random; y is x where the rate is 0 or nothing trains.</summary>
    /// <exception cref="NotSupportedException">There are more than 65536 dropouts.</exception>
    public Value Dropout(string name, Value x, float rate)
    {
        if (!Training || rate == 0)
        {
            return x;
        }

        if (_dropouts == DropoutChoice.MostLayers)
        {
            throw new NotSupportedException($"'{name}' is one dropout more than the {DropoutChoice.MostLayers} that have random numbers of their own; use fewer layers.");
        }

        FormatDecision decision = Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage) { RowsPerExample = x.RowsPerExample };
        _ops.Add(new DropoutOp(name, x, output, new DropoutChoice(Seed, _dropouts++, rate, x.RowsPerExample), decision));
        return output;
    }

    /// <summary>Appends y = x + f(x).</summary>
    /// <param name="name">Name of the block.</param>
    /// <param name="x">The input (N, columns).</param>
    /// <param name="branch">Appends f, with as many columns.</param>
    /// <exception cref="ArgumentException">f has not x's columns.</exception>
    public Value Residual(string name, Value x, Func<PlanBuilder, Value, Value> branch)
    {
        // The network's input has no gradient to which two could add up.
        ForkOp? fork = x.Producer is null ? null : Fork(name, x);
        Value end = branch(this, fork?.Output ?? x);
        if (end.Columns != x.Columns)
        {
            throw new ArgumentException($"Block '{name}' gets {x.Columns} columns and its branch has {end.Columns}; a branch needs as many outputs as inputs.", nameof(branch));
        }

        FormatDecision decision = Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage) { RowsPerExample = x.RowsPerExample };
        var residual = new ResidualOp(name, end, x, output, decision);
        _ops.Add(residual);
        fork?.EndWith(residual);
        return output;
    }

    /// <summary>Appends a conversion where <paramref name="x"/> is not stored in <paramref name="format"/> already.</summary>
    public Value Cast(string name, Value x, NumericFormat format)
    {
        if (x.Format == format)
        {
            return x;
        }

        var output = new Value(name + ".cast", x.Columns, format, format);
        _ops.Add(new CastOp(name + ".cast", x, output));
        return output;
    }

    /// <summary>Fuses, and has the last product store its result, the logits, in Float32. Call once, after all layers have built.</summary>
    /// <returns>The logits (N, columns), Float32.</returns>
    public Value Finish(Value last)
    {
        RejectSharedValues();
        FuseActivations();
        Value logits = StoreAsLogits(last);
        if (Training)
        {
            FoldActivationGradients();
        }

        return logits;
    }

    /// <summary>Writes all operations into an ONNX graph.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="input">The network's input.</param>
    /// <returns>What the last operation makes.</returns>
    public OnnxValue WriteOnnx(OnnxNetworkWriter writer, OnnxValue input)
    {
        var values = new Dictionary<Value, OnnxValue> { [_ops[0].Input] = input };
        foreach (Op op in _ops)
        {
            values[op.Output] = op.WriteOnnx(writer, values);
        }

        return values[_ops[^1].Output];
    }

    private FormatDecision Decide(OperationKind kind, string name)
    {
        FormatDecision decision = Policy.Decide(kind, name);
        _formats.Add(new PlannedFormat(kind, name, decision.Format));
        return decision;
    }

    private ForkOp Fork(string name, Value x)
    {
        var output = new Value(name + ".branch", x.Columns, x.Format, x.GradientFormat) { RowsPerExample = x.RowsPerExample, AliasOf = x };
        var fork = new ForkOp(name + ".fork", x, output);
        _ops.Add(fork);
        return fork;
    }

    private Value StoreAsLogits(Value last)
    {
        if (last.Producer is not LinearOp || last.Format == NumericFormat.Float32)
        {
            return Cast("logits", last, NumericFormat.Float32);
        }

        last.Format = NumericFormat.Float32;
        return last;
    }

    private void FuseActivations()
    {
        for (int i = 0; i + 1 < _ops.Count; i++)
        {
            if (_ops[i + 1] is ActivationOp activation
                && activation.Input == _ops[i].Output
                && activation.Output.Format == activation.Input.Format
                && TryFuse(_ops[i], activation))
            {
                _ops.RemoveAt(i + 1);
            }
        }
    }

    private bool TryFuse(Op op, ActivationOp activation)
    {
        switch (op)
        {
            case LinearOp { Activation: ActivationKind.None } linear:
                linear.Fuse(activation, Training);
                return true;
            case LayerNormOp { Activation: ActivationKind.None } norm:
                norm.Fuse(activation);
                return true;
            default:
                return false;
        }
    }

    private void FoldActivationGradients()
    {
        foreach (LinearOp consumer in _ops.OfType<LinearOp>())
        {
            if (consumer.Input.Producer is LinearOp producer && producer.Activation != ActivationKind.None)
            {
                consumer.FoldGradientOf(producer);
            }
        }
    }

    private static void RequireVectors(string name, Value x, params ReadOnlySpan<StoredMatrix> vectors)
    {
        foreach (StoredMatrix vector in vectors)
        {
            if (vector.Rows != 1 || vector.Columns != x.Columns)
            {
                throw new ArgumentException($"Layer '{name}' gets {x.Columns} columns, but '{vector.Name}' is ({vector.Rows}, {vector.Columns}); give it (1, {x.Columns}).", nameof(x));
            }
        }
    }

    private void RequireUnused(string name, Parameter parameter)
    {
        if (_ops.Any(op => op.Parameters.Contains(parameter)))
        {
            throw new NotSupportedException($"'{parameter.Name}' is used by two operations of one plan; a parameter can be used once. Give layer '{name}' one of its own.");
        }
    }

    private void RejectSharedValues()
    {
        foreach (IGrouping<Value, Op> readers in _ops.GroupBy(op => op.Input).Where(group => group.Count() > 1))
        {
            throw new NotSupportedException($"'{readers.Key.Name}' is read by {string.Join(" and ", readers.Select(op => $"'{op.Name}'"))}; a value can be read by one operation. Chain the layers.");
        }
    }
}
