using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Results as JSON, there and back, and texts that are not what they seem.</summary>
[TestClass]
public sealed class TrainingJsonTests
{
    public static IEnumerable<object[]> Damages =>
    [
        Damage("version", json => json["version"] = 3, "newer version"),
        Damage("version as text", json => json["version"] = "1", "version must be a number"),
        Damage("no version", json => json.Remove("version"), "version must be a number"),
        Damage("no device", json => json.Remove("device"), "device"),
        Damage("device null", json => json["device"] = null, "evice"),
        Damage("steps as text", json => json["steps"] = "many", "steps"),
        Damage("negative count", json => json["attempts"] = -1, "count of -1"),
        Damage("negative bytes", json => json["memory"]!["data"] = -1, "count of -1"),
        Damage("bytes beyond sums", json => json["memory"]!["data"] = long.MaxValue, "count of 9223372036854775807"),
        Damage("time", json => json["timings"]!["readingSeconds"] = 1e300, "time of 1E+300 s"),
        Damage("no policy", json => json["precision"] = "half", "precision policy is none"),
        Damage("long policy", json => json["precision"] = new string('x', 70_000), "70000 characters"),
        Damage("format by number", json => json["explanations"]![0]!["stored"] = 99, "format 99"),
        Damage("format by name", json => json["ranges"]![0]!["format"] = "Float8", "format"),
        Damage("null warning", json => json["warnings"]![0] = null, "warning is null"),
        Damage("null detail", json => json["warningDetails"]![0] = null, "warning's detail is null"),
        Damage("kind by number", json => json["warningDetails"]![0]!["kind"] = 99, "kind of warning 99"),
        Damage("detail before the run", json => json["warningDetails"]![0]!["attempt"] = -1, "count of -1"),
        Damage("too few details", json => json["warningDetails"]!.AsArray().Clear(), "1 warnings and details of 0"),
        Damage("scales too long", json => json["attemptedSteps"]!["nextLossScale"]!.AsArray().Add(1.0), "must be as many"),
        Damage("rows of an epoch", json => json["epochs"]![0]!["rows"] = -1, "negative count"),
        Damage("null epoch", json => json["epochs"]![0] = null, "epoch is null"),
        Damage("null option", json => json["environment"]!["options"]![0] = null, "option is null"),
        Damage("null explanation", json => json["explanations"]![0] = null, "explanation is null"),
        Damage("null range", json => json["ranges"]![0] = null, "value range is null"),
        Damage("null place", json => json["attemptedSteps"]!["places"]![0] = null, "place is null"),
        Damage("column too long", json => json["attemptedSteps"]!["loss"]!.AsArray().Add(1.0), "must be as many"),
        Damage("place not there", json => json["attemptedSteps"]!["nonFinite"]![0] = 2, "place 2 of 1"),
        Damage("attempt 0", json => json["attemptedSteps"]!["attempt"]![0] = 0, "Attempted step 0"),
        Damage("epoch not there", json => json["attemptedSteps"]!["epoch"]![0] = 1, "not there or out of order"),
        Damage("epoch twice", json => json["epochs"]!.AsArray().Add(json["epochs"]![0]!.DeepClone()), "follows on epoch"),
    ];

    [TestMethod]
    public void FromJson_OfAResultWithEveryPropertySet_HasThemAll()
    {
        TrainingResult result = FilledResult.Create();

        TrainingResult read = TrainingResult.FromJson(result.ToJson());

        CollectionAssert.AreEqual(FilledResult.Lines(result).ToArray(), FilledResult.Lines(read).ToArray());
        Assert.AreEqual(result.Explain(), read.Explain());
        Assert.AreEqual(result.ToString(), read.ToString());
        Assert.AreEqual(result.ToJson(), read.ToJson());
    }

    [TestMethod]
    public void FromJson_OfAFit_IsTheSameToTheLastBit()
    {
        TrainingResult result = SomeRuns.Float16WithSkips;

        TrainingResult read = TrainingResult.FromJson(result.ToJson());

        Assert.IsGreaterThan(0, result.Skipped);
        CollectionAssert.AreEqual(FilledResult.Lines(result).ToArray(), FilledResult.Lines(read).ToArray());
        Assert.AreEqual(result.Explain(), read.Explain());
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(double.NegativeInfinity)]
    [DataRow(double.Epsilon)]
    public void FromJson_OfNumbersAtTheEdges_HasThem(double value)
    {
        TrainingResult result = FilledResult.Create();
        FilledResult.Set(result.History[0], nameof(TrainingMetrics.Loss), value);
        FilledResult.Set(result.History[0], nameof(TrainingMetrics.ValidationLoss), value);
        FilledResult.Set(result.History[0].Attempts[0], nameof(StepMetrics.Loss), (float)value);
        FilledResult.Set(result.History[0].Attempts[0], nameof(StepMetrics.GradientNorm), value);

        TrainingMetrics read = TrainingResult.FromJson(result.ToJson()).History[0];

        Assert.AreEqual(value, read.Loss);
        Assert.AreEqual(value, read.ValidationLoss);
        Assert.AreEqual((float)value, read.Attempts[0].Loss);
        Assert.AreEqual(value, read.Attempts[0].GradientNorm);
    }

    [TestMethod]
    [DynamicData(nameof(Damages))]
    public void FromJson_OfADamagedText_SaysWhatIsWrong(string name, string text, string part)
    {
        string message = Assert.ThrowsExactly<InvalidDataException>(() => TrainingResult.FromJson(text), name).Message;

        StringAssert.Contains(message, part, StringComparison.OrdinalIgnoreCase);
        StringAssert.StartsWith(message, "The text is not the JSON of a training result: ");
        Assert.IsLessThan(800, message.Length);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("7")]
    [DataRow("{\"version\":1}")]
    [DataRow("{\"version\":1,\"version\":1}")]
    [DataRow("{\"version\":1e99}")]
    [DataRow("{\"version\":1,\"device\":[[[[[[[[[[[[]]]]]]]]]]]]}")]
    [DataRow("not JSON")]
    public void FromJson_OfAnotherText_Refuses(string text)
        => Assert.ThrowsExactly<InvalidDataException>(() => TrainingResult.FromJson(text));

    [TestMethod]
    public void FromJson_OfNull_Refuses() => Assert.ThrowsExactly<ArgumentNullException>(() => TrainingResult.FromJson(null!));

    [TestMethod]
    public void Read_OfATextBeyondTheLimit_RefusesBeforeReading()
    {
        string text = FilledResult.Create().ToJson();

        Assert.IsNotNull(TrainingJsonReader.Read(text, text.Length));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => TrainingJsonReader.Read(text, text.Length - 1)).Message, "at most");
    }

    /// <summary>Nothing but the documented error, whatever characters change; a number that became another one is read.</summary>
    [TestMethod]
    public void FromJson_OfTextsWithChangedCharacters_ReadsOrRefuses()
    {
        string text = FilledResult.Create().ToJson();
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            char[] changed = text.ToCharArray();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = "09-.eE\"[]{},:nxN"[random.Next(16)];
            }

            try
            {
                TrainingResult.FromJson(new string(changed)).ToJson();
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(500, refused);
    }

    private static object[] Damage(string name, Action<JsonObject> damage, string part)
    {
        JsonObject json = JsonNode.Parse(FilledResult.Create().ToJson())!.AsObject();
        damage(json);
        return [name, json.ToJsonString(), part];
    }
}
