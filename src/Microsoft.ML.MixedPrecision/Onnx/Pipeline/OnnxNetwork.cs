using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Through which the model parameters of this library write themselves, from ML.NET's <c>ISingleCanSaveOnnx</c>.
/// Only our own export can take them: under ML.NET's <c>ConvertToOnnx</c>, which writes opset 12 at most,
/// <see cref="CanWrite"/> is false and the pipeline is exported without the network.
/// </summary>
internal static class OnnxNetwork
{
    /// <summary>Whether a network can be written there: what <c>CanSaveOnnx</c> returns.</summary>
    public static bool CanWrite(OnnxContext context) => context is PipelineOnnxContext;

    /// <summary>Writes a network: what <c>SaveAsOnnx</c> does.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="outputNames">Names of the variables to give values to, as ML.NET hands them over: for a multiclass model <c>PredictedLabel</c>, then <c>Score</c>; for a binary one also <c>Probability</c>.</param>
    /// <param name="features">Name of the variable with the features: (N, inputs), FP32.</param>
    /// <param name="write">Writes the layers on the features; returns one value for each of <paramref name="outputNames"/>, in that order, null for one that ML.NET's scorer writes itself: a binary model's <c>PredictedLabel</c>.</param>
    /// <returns>False, with nothing written, if <paramref name="context"/> is not ours.</returns>
    public static bool Write(OnnxContext context, string[] outputNames, string features, Func<OnnxNetworkWriter, OnnxValue, IReadOnlyList<OnnxValue?>> write)
    {
        if (context is not PipelineOnnxContext ours)
            return false;
        ours.WriteNetwork(outputNames, features, write);
        return true;
    }
}
