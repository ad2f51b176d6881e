using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Where a network begins and ends in a pipeline's graph.</summary>
/// <param name="FeaturesLayer">The name of its input among layers.</param>
/// <param name="Features">The variable that its first layer reads.</param>
/// <param name="Outputs">What its last layer gives.</param>
/// <param name="Scores">The variables that hold just that: none where the scores are probabilities.</param>
/// <param name="ReadsCategories">Whether some of the features are numbers of categories.</param>
internal sealed record NetworkEdges(
    string FeaturesLayer, string Features, OnnxOutputs Outputs, IReadOnlyList<string> Scores, bool ReadsCategories);
