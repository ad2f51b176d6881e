using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Records the list of operations that layers append, decides each one's formats from the policy, and fuses. The list is complete
/// before the first step.
/// </summary>
internal sealed class PlanBuilder
{
    private readonly List<Op> _ops = [];

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

    /// <summary>The operations in forward order.</summary>
    public IReadOnlyList<Op> Ops => _ops;

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

        if (_ops.Any(op => op.Parameters.Contains(weight)))
        {
            throw new NotSupportedException($"'{weight.Name}' is used by two operations of one plan; a parameter can be used once. Give layer '{name}' a weight of its own.");
        }

        FormatDecision decision = Policy.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, weight.Rows, storage, storage);
        _ops.Add(new LinearOp(name, Cast(name, x, storage), output, weight, bias, decision));
        return output;
    }

    /// <summary>Appends y = act(x).</summary>
    public Value Activation(string name, Value x, ActivationKind kind)
    {
        FormatDecision decision = Policy.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(name, x.Columns, storage, storage);
        _ops.Add(new ActivationOp(name, x, output, kind, decision));
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
            if (_ops[i] is LinearOp { Activation: ActivationKind.None } linear
                && _ops[i + 1] is ActivationOp activation
                && activation.Input == linear.Output
                && activation.Output.Format == linear.Output.Format)
            {
                linear.Fuse(activation, Training);
                _ops.RemoveAt(i + 1);
            }
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

    private void RejectSharedValues()
    {
        foreach (IGrouping<Value, Op> readers in _ops.GroupBy(op => op.Input).Where(group => group.Count() > 1))
        {
            throw new NotSupportedException($"'{readers.Key.Name}' is read by {string.Join(" and ", readers.Select(op => $"'{op.Name}'"))}; a value can be read by one operation. Chain the layers.");
        }
    }
}
