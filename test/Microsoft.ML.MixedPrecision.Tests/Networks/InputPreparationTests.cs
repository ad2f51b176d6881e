using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>Gaps are filled before features are scaled, and indicators stand behind them, unscaled.</summary>
[TestClass]
public sealed class InputPreparationTests
{
    /// <summary>Every pattern of gaps around the width of vectors, in place and apart.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(8)]
    [DataRow(19)]
    public void Apply_OfGaps_FillsThenScalesAndIndicates(int features)
    {
        int[] indicated = [.. Enumerable.Range(0, features).Where(slot => slot % 3 != 1)];
        var gaps = new GapFiller("features", features, indicated);
        var scaler = new FeatureScaler("features", features);
        for (int i = 0; i < features; i++)
        {
            (gaps.Fill.Values[i], scaler.Shift.Values[i], scaler.Factor.Values[i]) = (10 + i, i, 0.5f);
        }

        var preparation = new InputPreparation(gaps, scaler);
        Assert.AreEqual(indicated.Length, preparation.Indicators);
        CollectionAssert.AreEqual(
            new[] { "features.shift", "features.factor", "features.fill" }, preparation.Stored.Select(matrix => matrix.Name).ToArray());
        for (int missing = -1; missing < features; missing++)
        {
            float[] row = [.. Enumerable.Range(0, features).Select(i => i == missing ? float.NaN : 3f * i)];
            float[] expected =
            [
                .. Enumerable.Range(0, features).Select(i => ((i == missing ? 10 + i : 3f * i) - i) * 0.5f),
                .. indicated.Select(slot => slot == missing ? 1f : 0),
            ];
            float[] apart = new float[expected.Length], inPlace = [.. row, .. new float[indicated.Length]];

            preparation.Apply(row, apart);
            preparation.Apply(inPlace.AsSpan(0, features), inPlace);

            CollectionAssert.AreEqual(expected, apart, $"slot {missing}");
            CollectionAssert.AreEqual(expected, inPlace, $"slot {missing}, in place");
        }
    }

    /// <summary>Categories stand between the numbers and the indicators, and nothing is done to them, gaps or not.</summary>
    [TestMethod]
    public void Apply_OfCategories_LeavesThemAlone()
    {
        var gaps = new GapFiller("features", 2, [1]);
        var scaler = new FeatureScaler("features", 2, clips: true);
        (gaps.Fill.Values[1], scaler.Factor.Values[0], scaler.Factor.Values[1]) = (0.5f, 1, 1);
        foreach (InputPreparation preparation in (InputPreparation[])[new(gaps, scaler, 3), new(gaps, null, 3)])
        {
            float[] row = [0, float.NaN, 7, float.NaN, 16_777_215], apart = new float[6], inPlace = [.. row, 9];

            preparation.Apply(row, apart);
            preparation.Apply(inPlace.AsSpan(0, 5), inPlace);

            CollectionAssert.AreEqual(new[] { 7, float.NaN, 16_777_215, 1 }, apart[2..]);
            CollectionAssert.AreEqual(apart, inPlace);
            Assert.AreEqual(preparation.Scaling is null ? 0.5f : 0.5f / MathF.Sqrt(1 + (1 / 36f)), apart[1], 1e-6f);
        }
    }

    /// <summary>The first layer reads indicators too; a caller gives the features alone.</summary>
    [TestMethod]
    public void Network_WithIndicators_IsWiderInsideThanOutside()
    {
        var perceptron = new Perceptron(4, [6], ActivationKind.Relu, 2, Residual: true, Scaling: FeatureScaling.Robust)
        {
            Missing = MissingValues.ImputeAndIndicate,
            Indicated = [1, 3],
        };
        var network = new Network(perceptron.ToSpec());

        Assert.AreEqual(
            "4 numbers with gaps filled and 2 indicators of gaps scaled (Robust), Residual (Linear 6, Relu), Linear 2",
            $"{network.Spec}");
        Assert.AreEqual((4, 6), (network.Inputs, network.Parameters[0].Columns));
        Assert.AreEqual(5, network.Spec.Version);
    }

    [TestMethod]
    [DataRow(MissingValues.Reject, new[] { 1 }, "indicators of gaps in 1 of 4 columns and Reject")]
    [DataRow(MissingValues.ImputeAndIndicate, new[] { 1, 1 }, "column 1 at place 1; numbers must ascend")]
    [DataRow(MissingValues.ImputeAndIndicate, new[] { 2, 0 }, "column 0 at place 1; numbers must ascend")]
    [DataRow(MissingValues.ImputeAndIndicate, new[] { -1 }, "column -1 at place 0")]
    [DataRow(MissingValues.ImputeAndIndicate, new[] { 4 }, "be below 4")]
    [DataRow((MissingValues)7, null, "treatment of missing values 7; it must be one of Reject, ImputeAndIndicate")]
    public void Network_OfImpossibleIndicators_SaysWhy(MissingValues missing, int[]? indicated, string part)
    {
        var spec = new Perceptron(4, [], ActivationKind.None, 1, Missing: missing, Indicated: indicated).ToSpec();

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => new Network(spec)).Message, part);
    }

    /// <summary>Rows of a sequence have no gaps filled.</summary>
    [TestMethod]
    public void Output_OfSeveralRows_RefusesGaps()
    {
        var input = new NumbersInput("series", 3, Rows: 5, Missing: MissingValues.ImputeAndIndicate);

        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => input.Output()).Message, "5 rows and ImputeAndIndicate");
    }
}
