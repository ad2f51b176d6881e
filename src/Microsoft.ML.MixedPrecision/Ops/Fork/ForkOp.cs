using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Gives a value x, in its own memory, to several readers. It does nothing forward; backward it adds the gradients of x that they have
/// written, and those that they only pass on (<see cref="Op.PassedOn"/>), in Float32 and in that order, and rounds their sum once: dx = Σ
/// dᵢ.
/// </summary>
/// <remarks>x and the gradients (N, C); the gradients may be of different formats. For y = x + f(x): dx = d(input of f) + dy.</remarks>
internal sealed class ForkOp : Op
{
    private readonly Value[] _gradients;

    /// <summary>Creates the operation; <see cref="SplitShared"/> does.</summary>
    /// <param name="name">Name.</param>
    /// <param name="input">x.</param>
    /// <param name="aliases">What readers read instead of x.</param>
    /// <param name="gradients">The values whose gradients add up to that of x: at least 2, at most <see cref="GradientSum.Most"/>.</param>
    /// <exception cref="NotSupportedException">There are more.</exception>
    public ForkOp(string name, Value input, ReadOnlySpan<Value> aliases, Value[] gradients)
        : base(name, [input], aliases)
    {
        if (gradients.Length > GradientSum.Most)
        {
            throw new NotSupportedException(
                $"'{input.Name}' is read by {gradients.Length} operations; {GradientSum.Most} are the most. "
                + "Put a layer between it and some of them.");
        }

        _gradients = gradients;
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> GradientsRead => _gradients;

    private Value Input => Inputs[0];

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(
            Name,
            "fork",
            $"{Input.Columns}",
            Input.Format,
            Input.Format,
            "the same memory for branch and shortcut; their gradients are added in Float32");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (_gradients.Length == 2)
        {
            Addition.Run(context.Device, context.Gradient(_gradients[0]), context.Gradient(_gradients[1]), context.Gradient(Input));
            return;
        }

        Span<Tensor> gradients = stackalloc Tensor[_gradients.Length];
        for (int i = 0; i < gradients.Length; i++)
        {
            gradients[i] = context.Gradient(_gradients[i]);
        }

        GradientSum.Run(context.Device, gradients, context.Gradient(Input));
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        foreach (Value alias in Outputs)
        {
            values[alias] = values[Input];
        }
    }
}
