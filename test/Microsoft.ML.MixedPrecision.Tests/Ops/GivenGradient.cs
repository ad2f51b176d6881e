using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Ends a list of operations as a loss does, but for the gradient, which the test writes itself.</summary>
internal sealed class GivenGradient(Value x) : Op("given", [x], [])
{
    public override IEnumerable<Value> Saved => [];

    public override OpExplanation Explain() => throw new NotSupportedException();

    public override void Forward(OpContext context)
    {
    }

    public override void Backward(OpContext context, bool accumulate)
    {
    }

    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
    }
}
