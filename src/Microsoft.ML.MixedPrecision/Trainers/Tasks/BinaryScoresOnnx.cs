using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Writes the columns of a binary model to ONNX: score and probability by the model, and <c>PredictedLabel</c> = score &gt; threshold by
/// <c>Greater</c>, in place
/// of the <c>Binarizer</c> that ML.NET's scorer writes, which fails a whole batch for one score that is NaN. Of NaN the label is false, as
/// in ML.NET.
/// </summary>
internal static class BinaryScoresOnnx
{
    /// <summary>Writes them.</summary>
    /// <param name="context">Where to: our export, or ML.NET's own.</param>
    /// <param name="model">Writes score and probability.</param>
    /// <param name="features">The column of features.</param>
    /// <param name="threshold">Threshold of the score, perhaps infinite.</param>
    public static void Write(OnnxContext context, ISingleCanSaveOnnx model, string features, float threshold)
    {
        // The features first: a column of theirs may have the name of one of the new columns.
        string read = context.GetVariableName(features);
        string label = context.AddIntermediateVariable(BooleanDataViewType.Instance, DefaultColumnNames.PredictedLabel);
        string score = context.AddIntermediateVariable(NumberDataViewType.Single, DefaultColumnNames.Score);
        string probability = context.AddIntermediateVariable(NumberDataViewType.Single, DefaultColumnNames.Probability);
        model.SaveAsOnnx(context, [label, score, probability], read);
        context.CreateNode("Greater", [score, Number(context, threshold)], [label], context.GetNodeName("Greater"), "");
    }

    /// <summary>A constant; an infinite one as ±1/0, since careful readers refuse constants that are not finite.</summary>
    private static string Number(OnnxContext context, float value)
    {
        if (float.IsFinite(value))
        {
            return context.AddInitializer(value, "mlp.threshold");
        }

        string infinity = context.AddIntermediateVariable(NumberDataViewType.Single, "mlp.infinity", skip: true);
        string[] parts = [context.AddInitializer(value < 0 ? -1f : 1f, "mlp.sign"), context.AddInitializer(0f, "mlp.zero")];
        context.CreateNode("Div", parts, [infinity], context.GetNodeName("Div"), "");
        return infinity;
    }
}
