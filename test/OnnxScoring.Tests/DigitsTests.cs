using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace OnnxScoring.Tests;

/// <summary>The service with the network that it trains itself, beside the same network in ML.NET.</summary>
[TestClass]
internal sealed class DigitsTests
{
    // Each activation and weight of the file is rounded to 11 bits, 2⁻¹² of its size at most. Probabilities move by at most half of what
    // the
    // logits do, which are about 10 here and pass three such roundings twice: ½ · 10 · 6 · 2⁻¹² = 7e-3.
    private const float Most = 7e-3f;

    // A file in FP32 would agree to about 1e-6.
    private const float Least = 1e-5f;

    private static readonly Digit[] Rows;
    private static readonly DigitPrediction[] Expected;

    static DigitsTests()
    {
        // As at the first start of the program.
        File.Delete(DigitsModel.FileName);
        DigitsModel.EnsureExported();

        // The same seed, so the same network.
        var ml = new MLContext(seed: 1);
        IDataView rows = DigitsModel.Rows(ml);
        ITransformer model = DigitsModel.Train(ml, rows);
        Rows = [.. ml.Data.CreateEnumerable<Digit>(rows, reuseRowObject: false)];
        Expected = [.. ml.Data.CreateEnumerable<DigitPrediction>(model.Transform(rows), reuseRowObject: false)];
    }

    [TestMethod]
    public async Task Score_ManyRows_EqualTransform()
    {
        await using RunningService service = await RunningService.StartAsync(null);
        float largest = 0;
        foreach (int[] chunk in Enumerable.Range(0, Rows.Length).Chunk(50))
        {
            JsonElement answer = await service.ScoreAsync($"{{\"Features\": [{string.Join(", ", chunk.Select(Row))}]}}");
            Assert.AreEqual(chunk.Length, answer.GetProperty("Score").GetArrayLength());
            for (int i = 0; i < chunk.Length; i++)
            {
                largest = Math.Max(largest, Compare(chunk[i], answer.GetProperty("Score")[i], answer.GetProperty("PredictedLabel")[i]));
            }
        }

        Console.WriteLine($"Largest difference of a probability: {largest}");
        Assert.IsInRange(Least, Most, largest);
    }

    /// <summary>Thirty-two clients at a time; whoever got another's row would see it.</summary>
    [TestMethod]
    public async Task Score_ConcurrentRows_EqualTransformInFewerBatches()
    {
        await using RunningService service = await RunningService.StartAsync(null, "--max-delay", "20");
        var limits = new ParallelOptions { MaxDegreeOfParallelism = 32 };
        await Parallel.ForEachAsync(Enumerable.Range(0, 320), limits, async (i, _) =>
        {
            JsonElement answer = await service.ScoreAsync($"{{\"Features\": {Row(i)}}}");
            Assert.IsLessThan(Most, Compare(i, answer.GetProperty("Score"), answer.GetProperty("PredictedLabel")));
        });
        JsonElement statistics = await service.Client.GetFromJsonAsync<JsonElement>("stats");
        Assert.AreEqual(320, statistics.GetProperty("requests").GetInt64());
        Assert.AreEqual(320, statistics.GetProperty("rows").GetInt64());
        Assert.IsLessThan(160, statistics.GetProperty("batches").GetInt64());
    }

    [TestMethod]
    public async Task Health_OfTheDigits_TellsTheModel()
    {
        await using RunningService service = await RunningService.StartAsync(null);
        JsonElement health = await service.Client.GetFromJsonAsync<JsonElement>("health");
        Assert.AreEqual("ready", health.GetProperty("status").GetString());
        Assert.AreEqual("digits.fp16.onnx", health.GetProperty("model").GetString());
        Assert.AreEqual("CPUExecutionProvider", health.GetProperty("provider").GetString());
        JsonElement input = health.GetProperty("inputs").EnumerateArray().Single();
        Assert.AreEqual("Features", input.GetProperty("name").GetString());
        Assert.AreEqual("number", input.GetProperty("type").GetString());
        Assert.AreEqual(64, input.GetProperty("width").GetInt32());
        string?[] outputs = [.. health.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString())];
        CollectionAssert.IsSubsetOf(new[] { "Score", "PredictedLabel" }, outputs);
    }

    private static string Row(int i)
        => $"[{string.Join(", ", Rows[i].Features.Select(grey => grey.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>The largest difference of the scores; labels must be equal where the two likeliest are further apart than rounding can
    /// bring them.</summary>
    private static float Compare(int i, JsonElement scores, JsonElement label)
    {
        float[] expected = Expected[i].Score;
        float[] sorted = [.. expected.OrderDescending()];
        if (sorted[0] - sorted[1] > 2 * Most)
        {
            Assert.AreEqual(Expected[i].PredictedLabel, label.GetInt32(), $"row {i}");
        }

        return scores.EnumerateArray().Select(score => score.GetSingle()).Zip(expected, (a, b) => MathF.Abs(a - b)).Max();
    }

    private sealed class DigitPrediction
    {
        public int PredictedLabel { get; set; }

        [VectorType(10)]
        public float[] Score { get; set; } = [];
    }
}
