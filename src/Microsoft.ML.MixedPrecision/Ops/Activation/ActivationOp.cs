using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = act(x), element by element, computed in Float32 and rounded when stored. Used where neither product nor normalisation of
/// the same format stands before it.</summary>
internal sealed class ActivationOp : UnaryOp
{
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="ActivationPlan"/> does.</summary>
    public ActivationOp(string name, Value input, Value output, ActivationKind kind, FormatDecision decision)
        : base(name, input, output)
    {
        Kind = kind;
        _decision = decision;
    }

    /// <summary>Which function.</summary>
    public ActivationKind Kind { get; }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [SavedForBackward];

    private Value SavedForBackward => Activations.SavesOutput(Kind) ? Output : Input;

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, Kind.ToString(), $"{Output.Columns}", NumericFormat.Float32, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => Activations.Forward(context.Device, Kind, context[Input], context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Input.NeedsGradient)
        {
            Activations.Backward(context.Device, Kind, context.Gradient(Output), context[SavedForBackward], context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.Activation(values[Input], Kind, Name);
}
