using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>How two sets of outputs are compared.</summary>
[TestClass]
public sealed class OutputDifferencesTests
{
    [TestMethod]
    public void Result_OfScores_IsLargestAndMeanOverAllBatches()
    {
        var result = Compare([([1, 2], [1, 2.5f]), ([0, 0], [0, -1])]);

        Assert.AreEqual(1, result.LargestDifference);
        Assert.AreEqual(1.5 / 4, result.MeanDifference);
        Assert.IsNull(result.LabelAgreement);
    }

    [TestMethod]
    [DataRow(float.NaN, 1f, double.PositiveInfinity)]
    [DataRow(1f, float.NaN, double.PositiveInfinity)]
    [DataRow(1f, float.PositiveInfinity, double.PositiveInfinity)]
    [DataRow(float.NaN, float.NaN, 0)]
    [DataRow(float.PositiveInfinity, float.PositiveInfinity, 0)]
    public void Result_OfScoresThatAreNotFinite_IsInfinityUnlessTheyAgree(float expected, float actual, double difference)
    {
        Assert.AreEqual(difference, Compare([([expected], [actual])]).LargestDifference);
    }

    [TestMethod]
    [DataRow(new[] { 1e6f, 2e6f }, new[] { 1e6f, 2.003e6f }, 3e3 / 3.5e6)]
    [DataRow(new[] { 1e-6f, 3f }, new[] { 2e-6f, 3f }, 1e-6 / 1.500001)]
    [DataRow(new[] { 0f, 0f }, new[] { 0f, 0.1f }, double.PositiveInfinity)]
    [DataRow(new[] { 0f, float.NaN }, new[] { 0f, float.NaN }, 0)]
    [DataRow(new[] { 5f, float.NaN }, new[] { 5f, 1f }, double.PositiveInfinity)]
    [DataRow(new[] { 5f, float.PositiveInfinity }, new[] { 5f, 1f }, double.PositiveInfinity)]
    public void Result_RelativeToTheScores_IsAgainstEachAndTheirMeanMagnitude(float[] expected, float[] actual, double relative)
    {
        Assert.AreEqual(relative, Compare([(expected, actual)]).LargestRelative, 1e-3 * (double.IsFinite(relative) ? relative : 1));
    }

    [TestMethod]
    public void Result_RelativeToTheScores_CountsTheMagnitudesOfEarlierBatches()
    {
        // A last batch of one row near 0: 1e-6 / (1e-6 + (3 + 1e-6) / 2).
        Assert.AreEqual(1e-6 / 1.5000015, Compare([([3f], [3f]), ([1e-6f], [2e-6f])]).LargestRelative, 1e-10);
    }

    [TestMethod]
    public void Result_OfLabels_CountsRowsWhereAllAgree()
    {
        var outputs = new PipelineOutput[] { new(default, IsLabel: true), new(default, IsLabel: true) };
        using var numbers = Keys([1, 2, 3, 4]);
        using var others = Keys([1, 2, 0, 4]);
        using var texts = Texts(["a", "b", "c", "d"]);
        using var otherTexts = Texts(["a", "x", "y", "d"]);
        var differences = new OutputDifferences();

        differences.Add(outputs, [numbers, texts], [others, otherTexts], rows: 4);

        Assert.AreEqual(0.5, differences.Result().LabelAgreement);
        Assert.IsNull(differences.Result().LargestDifference);
    }

    private static OnnxComparison Compare((float[] Expected, float[] Actual)[] batches)
    {
        var differences = new OutputDifferences();
        foreach (var (expected, actual) in batches)
        {
            using var left = OrtValue.CreateTensorValueFromMemory(expected, [expected.Length, 1]);
            using var right = OrtValue.CreateTensorValueFromMemory(actual, [actual.Length, 1]);
            differences.Add([new PipelineOutput(default, IsLabel: false)], [left], [right], expected.Length);
        }

        return differences.Result();
    }

    private static OrtValue Keys(uint[] keys) => OrtValue.CreateTensorValueFromMemory(keys, [keys.Length, 1]);

    private static OrtValue Texts(string[] texts)
    {
        var tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [texts.Length, 1]);
        for (int i = 0; i < texts.Length; i++)
        {
            tensor.StringTensorSetElementAt(texts[i].AsSpan(), i);
        }

        return tensor;
    }
}
