using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The first n columns of x become four each, the number and three sums of 16 waves of it, the others stay: x (N, C), y (N, 4n + C − n);
/// see <see cref="PeriodicKernel"/>. Parameters and arithmetic are Float32, y is rounded once, when stored.
/// </summary>
/// <remarks>Backward reads x and computes the waves again.</remarks>
internal sealed class PeriodicEmbeddingOp : UnaryOp
{
    private readonly PeriodicParameters _parameters;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="PeriodicEmbeddingPlan"/> does.</summary>
    public PeriodicEmbeddingOp(string name, Value input, Value output, in PeriodicParameters parameters, FormatDecision decision)
        : base(name, input, output)
    {
        _parameters = parameters;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _parameters.All;

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [Input];

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"periodic embedding of {_parameters.Count} numbers",
        $"{Input.Columns} → {Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context) => PeriodicKernel.Forward(context.Device, Arguments(context), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_parameters.Frequencies);
        bool trains = write != GradientWrite.None;
        PeriodicKernel.Backward(context.Device, Arguments(context), new PeriodicGradients
        {
            Dy = context.Gradient(Output),
            Dx = Input.NeedsGradient ? context.Gradient(Input) : default,
            Frequencies = trains ? context.Gradient(_parameters.Frequencies) : default,
            Phases = trains ? context.Gradient(_parameters.Phases) : default,
            Weights = trains ? context.Gradient(_parameters.Weights) : default,
            Biases = trains ? context.Gradient(_parameters.Biases) : default,
            Accumulate = accumulate || write == GradientWrite.Add,
        });
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.PeriodicEmbedding(values[Input], _parameters, Input.Columns, Name);

    private PeriodicArguments Arguments(OpContext context) => new()
    {
        X = context[Input],
        Frequencies = context.Operand(_parameters.Frequencies),
        Phases = context.Operand(_parameters.Phases),
        Weights = context.Operand(_parameters.Weights),
        Biases = context.Operand(_parameters.Biases),
    };
}
