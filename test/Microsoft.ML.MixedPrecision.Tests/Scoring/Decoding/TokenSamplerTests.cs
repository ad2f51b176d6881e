using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Scoring.Decoding;

/// <summary>Draws against the formulas: shares of many draws within five standard deviations of the probabilities.</summary>
[TestClass]
public sealed class TokenSamplerTests
{
    private const int Draws = 20_000;

    private static readonly float[] Logits = [0.5f, -1f, 2f, 1f, 2f];

    [TestMethod]
    [DataRow(1f)]
    [DataRow(0.5f)]
    [DataRow(3f)]
    public void Draw_Temperature_DividesLogits(float temperature)
        => AssertShares(Softmax(Logits, temperature), new TokenSampler(temperature, 1, [], seed: 1));

    /// <summary>By probability: tokens 2 and 4 have 0.38 each, token 3 has 0.14, token 0 0.085 and token 1 0.019.</summary>
    [TestMethod]
    [DataRow(0.3f, 1)]
    [DataRow(0.5f, 2)]
    [DataRow(0.8f, 3)]
    [DataRow(0.95f, 4)]
    [DataRow(1f, 5)]
    public void Draw_TopP_KeepsTheFewestThatSuffice(float topP, int kept)
    {
        int[] order = [2, 4, 3, 0, 1];
        double[] shares = Softmax(Logits, 1);
        foreach (int left in order[kept..])
        {
            shares[left] = 0;
        }

        double sum = shares.Sum();
        AssertShares([.. shares.Select(share => share / sum)], new TokenSampler(1, topP, [], seed: 2));
    }

    [TestMethod]
    public void Draw_BarredTokens_AreNeverDrawn()
    {
        double[] shares = Softmax([Logits[0], Logits[1], float.NegativeInfinity, Logits[3], float.NegativeInfinity], 1);
        AssertShares(shares, new TokenSampler(1, 1, [2, 4], seed: 3));
        Assert.AreEqual(3, new TokenSampler(0, 1, [2, 4], seed: 3).Draw(Logits));
    }

    [TestMethod]
    public void Draw_TemperatureZero_TakesTheFirstOfTheLargest()
        => Assert.AreEqual(2, new TokenSampler(0, 1, [], seed: 4).Draw(Logits));

    [TestMethod]
    public void Draw_HugeLogits_StaysFinite()
        => AssertShares([0.5, 0, 0.5], new TokenSampler(1, 1, [], seed: 5), [3e38f, -3e38f, 3e38f]);

    [TestMethod]
    public void Draw_NothingFinite_IsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidOperationException>(() => new TokenSampler(1, 1, [], 6).Draw([float.NaN, float.NaN])).Message,
        "not finite");

    private static double[] Softmax(float[] logits, double temperature)
    {
        double[] weights = [.. logits.Select(logit => Math.Exp(logit / temperature))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    private static void AssertShares(double[] expected, TokenSampler sampler, float[]? logits = null)
    {
        int[] counts = new int[expected.Length];
        for (int draw = 0; draw < Draws; draw++)
        {
            counts[sampler.Draw(logits ?? Logits)]++;
        }

        for (int id = 0; id < expected.Length; id++)
        {
            double deviation = Math.Sqrt(Draws * expected[id] * (1 - expected[id]));
            Assert.AreEqual(Draws * expected[id], counts[id], (5 * deviation) + 1e-9, $"token {id}");
        }
    }
}
