using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Through which the model parameters of this library write themselves, from ML.NET's <c>ISingleCanSaveOnnx</c>: into our own export, and,
/// in FP32 and with operators of older versions, into that of ML.NET's <c>ConvertToOnnx</c> (<see cref="ConverterNetwork"/>).
/// </summary>
internal static class OnnxNetwork
{
    /// <summary>Writes a network: what <c>SaveAsOnnx</c> does.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="outputNames">Names of the variables to give values to, as ML.NET hands them over: for a multiclass model
    /// <c>PredictedLabel</c>, then <c>Score</c>; for a binary one also <c>Probability</c>.</param>
    /// <param name="features">Name of the variable with the features: (N, inputs), FP32.</param>
    /// <param name="write">Writes the layers on the features; returns one value for each of <paramref name="outputNames"/>, in that order,
    /// null for one that ML.NET's scorer writes itself: a binary model's <c>PredictedLabel</c>.</param>
    /// <returns>True: what cannot be written is an error, since ML.NET would leave the network out of the file without a word.</returns>
    /// <exception cref="NotSupportedException">ML.NET's own export cannot take a layer, or the name of the feature column.</exception>
    public static bool Write(
        OnnxContext context,
        string[] outputNames,
        string features,
        Func<OnnxNetworkWriter, OnnxValue, IReadOnlyList<OnnxValue?>> write)
    {
        if (context is PipelineOnnxContext ours)
        {
            ours.WriteNetwork(outputNames, features, write);
        }
        else
        {
            new ConverterNetwork(context).Write(outputNames, features, write);
        }

        return true;
    }
}
