using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The mean over the members of an ensemble: z, one or more values of (N · rows, C), whose rows of an example are its M members in all;
/// o (N, C). Everything is Float32; see <see cref="MemberMeanKind"/> for the formulas and <see cref="MemberMeanKernel"/> for how they stay
/// finite where members are sure.
/// </summary>
/// <remarks>Backward reads z and logarithms of sums that forward keeps (Float32), and for classes o; each member's gradient is rounded
/// once, when stored.</remarks>
internal sealed class MemberMeanOp : Op
{
    private readonly MemberMeanKind _kind;
    private readonly int _members;
    private readonly Value? _sums;

    /// <summary>Creates the operation; <see cref="MemberMeanPlan"/> does.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="values">z.</param>
    /// <param name="output">o.</param>
    /// <param name="kind">What is averaged.</param>
    /// <param name="members">M.</param>
    /// <param name="sums">What forward keeps, (N, <see cref="MemberMeanKernel.SumsOf"/>) Float32; null for nothing.</param>
    public MemberMeanOp(string name, ReadOnlySpan<Value> values, Value output, MemberMeanKind kind, int members, Value? sums)
        : base(name, values, [output])
        => (_kind, _members, _sums) = (kind, members, sums);

    /// <inheritdoc/>
    public override bool ReadsFloat32 => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => _sums is null ? [] : [_sums];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => _kind switch
    {
        MemberMeanKind.Mean => [],
        MemberMeanKind.LogitMeanSigmoid => [.. Inputs, .. Extras],
        _ => [.. Inputs, .. Extras, Output],
    };

    private Value Output => Outputs[0];

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"mean of members ({_kind})",
        $"{_members} × {Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        "probabilities and their logarithms are Float32 under every policy");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
        Span<Tensor> values = stackalloc Tensor[Inputs.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = context[Inputs[i]];
        }

        MemberMeanKernel.Forward(context.Device, _kind, values, Sums(context), context[Output]);
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        int first = 0;
        foreach (Value input in Inputs)
        {
            if (input.NeedsGradient)
            {
                MemberMeanKernel.Backward(context.Device, _kind, new MemberMeanGradient
                {
                    Z = context[input],
                    Sums = Sums(context),
                    O = context[Output],
                    DO = context.Gradient(Output),
                    DZ = context.Gradient(input),
                    First = first,
                    Members = _members,
                });
            }

            first += input.Shape.Rows;
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        (OnnxValue, int)[] read = [.. Inputs.Select(input => (values[input], input.Shape.Rows))];
        values[Output] = writer.MemberMean(read, Output.Columns, _kind, Name);
    }

    private Tensor Sums(OpContext context) => _sums is null ? default : context[_sums];
}
