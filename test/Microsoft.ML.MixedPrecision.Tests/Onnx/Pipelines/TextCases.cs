using Microsoft.ML.Transforms.Text;
using static Microsoft.ML.Transforms.Text.NgramExtractingEstimator;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>Pipelines from a text to features, in every configuration that is exported.</summary>
internal static class TextCases
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<PipelineCase> All { get; } = [.. Words(), .. Bags(), .. Featurized()];

    private static IEnumerable<PipelineCase> Words()
    {
        yield return new PipelineCase(
            "TokenizeIntoWords, MapValueToKey, MapKeyToVector as a bag",
            ml => ml.Text.TokenizeIntoWords("A", "Sentence")
                .Append(ml.Conversion.MapValueToKey("A"))
                .Append(ml.CopyColumns("B", "A"))
                .Append(ml.Conversion.MapKeyToVector("C", "B", outputCountVector: true))
                .Append(ml.Concatenate("Features", "C", "Sizes")),
            ["Sentence", "Sizes"],
            ["C", "Features"]);
        yield return new PipelineCase(
            "TokenizeIntoWords, MapValueToKey, ProduceNgrams",
            ml => ml.Text.TokenizeIntoWords("A", "Sentence", [' ', ',', '.', ']', '-', '\t'])
                .Append(ml.Conversion.MapValueToKey("B", "A"))
                .Append(ml.Text.ProduceNgrams("C", "B", ngramLength: 2, useAllLengths: false))
                .Append(ml.Text.ProduceNgrams("D", "Keys")).Append(ml.Concatenate("Features", "C", "Size")),
            ["Sentence", "Keys", "Size"],
            ["C", "D", "Features"]);
    }

    private static IEnumerable<PipelineCase> Bags()
    {
        foreach (WeightingCriteria weighting in Enum.GetValues<WeightingCriteria>())
        {
            yield return new PipelineCase(
                $"ProduceWordBags, {weighting}",
                ml => ml.Text.ProduceWordBags("A", "Sentence", ngramLength: 3, weighting: weighting).Append(
                    ml.Text.ProduceWordBags("B", "Sentence", ngramLength: 1, weighting: weighting, maximumNgramsCount: 5))
                    .Append(ml.Concatenate("Features", "A", "B", "Size")),
                ["Sentence", "Size"],
                ["A", "B"])
            { Tolerance = 1e-5 };
        }
    }

    private static IEnumerable<PipelineCase> Featurized()
    {
        foreach (TextFeaturizingEstimator.NormFunction norm in Enum.GetValues<TextFeaturizingEstimator.NormFunction>())
        {
            yield return new PipelineCase(
                $"FeaturizeText, {norm}",
                ml => ml.Text.FeaturizeText("A", Options(norm), "Sentence").Append(ml.Concatenate("Features", "A", "Size")),
                ["Sentence", "Size"],
                ["A"])
            { Tolerance = 1e-6 };
        }
    }

    private static TextFeaturizingEstimator.Options Options(TextFeaturizingEstimator.NormFunction norm) => new()
    {
        CaseMode = TextNormalizingEstimator.CaseMode.None,
        KeepDiacritics = true,
        KeepPunctuations = true,
        KeepNumbers = true,
        WordFeatureExtractor = new WordBagEstimator.Options { NgramLength = 2, UseAllLengths = true, Weighting = WeightingCriteria.TfIdf },
        CharFeatureExtractor = null,
        Norm = norm,
    };
}
