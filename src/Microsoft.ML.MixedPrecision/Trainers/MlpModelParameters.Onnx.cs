using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision;

/// <content>How the network writes itself when a pipeline is exported.</content>
public sealed partial class MlpModelParameters : ISingleCanSaveOnnx
{
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => OnnxNetwork.CanWrite(context);

    bool ISingleCanSaveOnnx.SaveAsOnnx(OnnxContext context, string[] outputNames, string featureColumn)
        => OnnxNetwork.Write(context, outputNames, featureColumn, WriteLayers);

    /// <summary>Writes the layers.</summary>
    /// <returns>The predicted label's key, then the scores: the order in which ML.NET names them.</returns>
    private IReadOnlyList<OnnxValue> WriteLayers(OnnxNetworkWriter writer, OnnxValue features)
    {
        if (Training is not null)
        {
            writer.Metadata["mixedprecision.policy"] = Training.Precision.ToString();
        }

        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        plan.Finish(_network.Body.Build(plan, PlanBuilder.Input("features", Inputs, NumericFormat.Float32)));
        OnnxValue logits = plan.Ops.Aggregate(features, (value, op) => op.WriteOnnx(writer, value));
        OnnxValue scores = writer.Softmax(logits, "scores");
        return [writer.Key(writer.ArgMax(scores, "predicted"), "predicted"), scores];
    }
}
