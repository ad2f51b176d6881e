using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Rows to score whose features hold NaN or an infinity: NaN for these rows alone and one warning, or an error.</summary>
[TestClass]
public sealed class InvalidFeatureTests
{
    private const int Count = 2600;

    /// <summary>The first row, one in the middle of a batch, and the last.</summary>
    private static readonly int[] BadRows = [0, 1500, Count - 1];

    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>Functions that turn NaN or infinities into numbers where nobody looks: a maximum, and bounded ones.</summary>
    public static IEnumerable<object[]> Values =>
        from task in TrainerCase.All
        from activation in (ActivationKind[])[ActivationKind.Relu, ActivationKind.Tanh, ActivationKind.Sigmoid]
        from value in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity]
        select (object[])[task[0], activation, value];

    [TestMethod]
    [DynamicData(nameof(Values))]
    internal void Score_OfRowsThatAreNotFinite_IsNaNForTheseAlone(TrainerCase task, ActivationKind activation, float value)
    {
        ITransformer model = Fit(task, options => options.Activation = activation);
        Sample[] good = Sample.Rows(Count, seed: 3), rows = WithBadRows(value, 2);
        uint[] expected = ScoredRows.BitsOf(model.Transform(Data(good)));

        float[][] bulk = ScoredRows.Of(model.Transform(Data(rows)));

        int width = expected.Length / Count;
        for (int row = 0; row < Count; row++)
        {
            uint[] bits = Scores.BitsOf(bulk[row]);
            if (BadRows.Contains(row))
            {
                AssertAllNaN(task, bulk[row]);
            }
            else
            {
                CollectionAssert.AreEqual(expected[(row * width)..((row + 1) * width)], bits, $"row {row}");
            }
        }

        // A row after a bad one, and a bad one after it, in one prediction engine.
        float[][] single = task.Predict(Ml, model, [rows[0], rows[1], rows[1500]]);
        AssertAllNaN(task, single[0]);
        AssertAllNaN(task, single[2]);
        CollectionAssert.AreEqual(expected[width..(2 * width)], Scores.BitsOf(single[1]));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_OfRowsThatAreNotFinite_WarnsOnceWithCountColumnAndSlot(TrainerCase task)
    {
        (MLContext ml, ConcurrentQueue<string> warnings) = Listening();
        ITransformer model = Models.Load(Models.Save(Fit(task), Data().Schema), ml);
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(WithBadRows(float.NaN, 2)));

        ScoredRows.ScoresOf(scored);

        Assert.HasCount(1, warnings);
        Assert.Contains("Row 0 (counted from 0, in the order read), column 'Features', holds NaN in slot 2;", warnings.Single());
        Assert.Contains("; 3 of 2600 rows scored so far hold NaN or an infinity", warnings.Single());
        Assert.Contains("Transforms.ReplaceMissingValues", warnings.Single());

        warnings.Clear();
        _ = scored.GetColumn<int>("Number").Sum();
        ScoredRows.ScoresOf(model.Transform(ml.Data.LoadFromEnumerable(Sample.Rows(Count))));
        Assert.IsEmpty(warnings, "nothing was scored, or nothing was wrong");
    }

    /// <summary>Whoever stops early is told as well, of what was read.</summary>
    [TestMethod]
    public void Dispose_OfACursorInTheMiddle_Warns()
    {
        (MLContext ml, ConcurrentQueue<string> warnings) = Listening();
        ITransformer model = Models.Load(Models.Save(Fit(TrainerCase.Regression), Data().Schema), ml);
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(WithBadRows(float.PositiveInfinity, 1)));

        using (DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]))
        {
            cursor.MoveNext();
        }

        Assert.HasCount(1, warnings);
        Assert.Contains("holds Infinity in slot 1; 1 of 512 rows", warnings.Single());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Predict_OfRowsThatAreNotFinite_WarnsOnce(TrainerCase task)
    {
        (MLContext ml, ConcurrentQueue<string> warnings) = Listening();
        ITransformer model = Models.Load(Models.Save(Fit(task), Data().Schema), ml);
        Sample[] rows = WithBadRows(float.NaN, 2);

        task.Predict(ml, model, [rows[1], rows[0], rows[1500]]);

        Assert.HasCount(1, warnings);
        Assert.Contains("The row's column 'Features' holds NaN in slot 2; 1 of 2 rows scored so far", warnings.Single());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Score_WhereItIsToThrow_NamesRowColumnAndSlot(TrainerCase task)
    {
        ITransformer model = Fit(task, options => options.InvalidFeatures = InvalidFeatures.Throw);
        ITransformer loaded = Models.Load(Models.Save(model, Data().Schema));
        Sample[] rows = Sample.Rows(Count, seed: 3);
        rows[1500].Features[3] = float.NegativeInfinity;

        foreach (ITransformer some in new[] { model, loaded })
        {
            AssertThrown(() => ScoredRows.Of(some.Transform(Data(rows))), $"{Row(1500)} column 'Features', holds -Infinity in slot 3;");
            AssertThrown(() => task.Predict(Ml, some, [rows[0], rows[1500]]), "The row's column 'Features' holds -Infinity in slot 3;");
        }

        // It can be changed at any time; the model goes on after an error.
        SetInvalidFeatures(loaded, InvalidFeatures.ScoreNaN);
        AssertAllNaN(task, ScoredRows.Of(loaded.Transform(Data(rows)))[1500]);
        uint[] before = ScoredRows.BitsOf(model.Transform(Data(rows[..1500])));
        CollectionAssert.AreEqual(before, ScoredRows.BitsOf(loaded.Transform(Data(rows[..1500]))));
    }

    [TestMethod]
    public void Throw_OfANamedSlot_SaysItsName()
    {
        var options = new MlpRegressionTrainer.Options
        {
            LabelColumnName = "Value",
            FeatureColumnName = "Inputs",
            HiddenLayers = [],
            Epochs = 1,
            MissingValues = MissingValues.Reject,
        };
        options.InvalidFeatures = InvalidFeatures.Throw;
        var pipeline = Ml.Transforms.Concatenate("Inputs", "A", "D").Append(Ml.MixedPrecision().Trainers.MlpRegression(options));
        ITransformer model = pipeline.Fit(Data(Sample.Rows(20)));
        Sample[] rows = Sample.Rows(5);
        rows[4].D = float.NaN;

        AssertThrown(() => ScoredRows.Of(model.Transform(Data(rows))), $"{Row(4)} column 'Inputs', holds NaN in slot 1 ('D');");
    }

    [TestMethod]
    public void WithThreshold_OfAModelThatThrows_ThrowsToo()
    {
        var model = (NetworkBinaryTransformer)Fit(TrainerCase.Binary, options => options.InvalidFeatures = InvalidFeatures.Throw);

        Assert.AreEqual(InvalidFeatures.Throw, model.WithThreshold(0.2f).InvalidFeatures);
    }

    /// <summary>Files of the default are those of earlier versions.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Save_OfTheDefault_HasNoEntryForIt(TrainerCase task)
    {
        ITransformer model = Fit(task);
        Assert.IsEmpty(EntriesOf(Models.Save(model, Data().Schema)));

        SetInvalidFeatures(model, InvalidFeatures.Throw);
        Assert.HasCount(1, EntriesOf(Models.Save(model, Data().Schema)));
    }

    /// <summary>Earlier versions wrote the entry beside the transformer, not beside its network.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Load_OfAFileOfAnEarlierVersion_FindsTheEntry(TrainerCase task)
    {
        byte[] file = Models.Save(Fit(task, options => options.InvalidFeatures = InvalidFeatures.Throw), Data().Schema);

        ITransformer loaded = Models.Load(WithEntry(
            file,
            name => name.Replace("Model\\", "", StringComparison.Ordinal).Replace("Model/", "", StringComparison.Ordinal),
            "Throw"));

        Assert.AreEqual(InvalidFeatures.Throw, TrainerCase.NetworkOf(loaded).InvalidFeatures);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("Thro")]
    [DataRow("ThrowNot")]
    public void Load_OfADamagedEntry_SaysSo(string contents)
    {
        byte[] file = Models.Save(Fit(TrainerCase.Binary, options => options.InvalidFeatures = InvalidFeatures.Throw), Data().Schema);

        Exception error = Assert.Throws<Exception>(() => Models.Load(WithEntry(file, name => name, contents)));

        StringAssert.Contains(error.ToString(), "is damaged and cannot be loaded: its entry 'InvalidFeatures'");
    }

    [TestMethod]
    public void InvalidFeatures_OfAnotherNumber_IsRefused()
    {
        var model = (NetworkBinaryTransformer)Fit(TrainerCase.Binary);

        var set = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.InvalidFeatures = (InvalidFeatures)7);
        var trained = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Fit(TrainerCase.Binary, o => o.InvalidFeatures = (InvalidFeatures)7));
        Assert.Contains("ScoreNaN or Throw", set.Message);
        Assert.Contains("InvalidFeatures", trained.Message);
    }

    private static ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions>? change = null)
        => task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)), options =>
        {
            options.Epochs = 2;
            change?.Invoke(options);
        });

    private static (MLContext Context, ConcurrentQueue<string> Warnings) Listening()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new ConcurrentQueue<string>();
        ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
            {
                warnings.Enqueue(e.Message);
            }
        };
        return (ml, warnings);
    }

    private static Sample[] WithBadRows(float value, int slot)
    {
        Sample[] rows = Sample.Rows(Count, seed: 3);
        foreach (int row in BadRows)
        {
            rows[row].Features[slot] = value;
        }

        return rows;
    }

    private static IDataView Data(params Sample[] rows) => Ml.Data.LoadFromEnumerable(rows);

    private static void SetInvalidFeatures(ITransformer model, InvalidFeatures value) => ((dynamic)Ours(model)).InvalidFeatures = value;

    private static ITransformer Ours(ITransformer model) => model is IEnumerable<ITransformer> chain ? TrainerCase.Ours(chain) : model;

    /// <summary>NaN in all numbers; labels, which come first, are false or the missing key.</summary>
    private static void AssertAllNaN(TrainerCase task, float[] results)
    {
        int labels = task.Columns.Contains("PredictedLabel") ? 1 : 0;
        Assert.IsTrue(results[..labels].All(label => label == 0), string.Join(' ', results));
        Assert.IsTrue(results[labels..].All(float.IsNaN), string.Join(' ', results));
    }

    private static void AssertThrown(Action action, string start)
    {
        string message = Assert.ThrowsExactly<InvalidOperationException>(action).Message;
        StringAssert.StartsWith(message, start);
        StringAssert.Contains(message, "set InvalidFeatures to ScoreNaN");
    }

    private static string Row(int row) => $"Row {row} (counted from 0, in the order read),";

    /// <summary>The file with its only entry moved and of other contents.</summary>
    private static byte[] WithEntry(byte[] file, Func<string, string> move, string contents)
    {
        using var stream = new MemoryStream();
        stream.Write(file);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.Entries.Single(some => some.FullName.EndsWith("InvalidFeatures", StringComparison.Ordinal));
            string name = entry.FullName;
            entry.Delete();
            using var writer = new StreamWriter(zip.CreateEntry(move(name)).Open());
            writer.Write(contents);
        }

        return stream.ToArray();
    }

    private static string[] EntriesOf(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return [.. zip.Entries.Select(entry => entry.FullName).Where(name => name.EndsWith("InvalidFeatures", StringComparison.Ordinal))];
    }
}
