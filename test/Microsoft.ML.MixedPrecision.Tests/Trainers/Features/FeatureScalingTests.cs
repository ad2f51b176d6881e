using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Features that the trainer scales itself: what is learned, that every way to score and every file has it, and that nothing
/// changes without it.</summary>
[TestClass]
public sealed class FeatureScalingTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    public static IEnumerable<object[]> Formats
        => TrainerCase.All.SelectMany(
            task => (object[][])[[task[0], NumericFormat.Float32], [task[0], NumericFormat.Float16], [task[0], NumericFormat.BFloat16]]);

    /// <summary>Prices of a million, which Float16 does not hold, and a column of a millionth: they are scaled before they are rounded, in
    /// training and in scoring.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_RawFeaturesOfAnySize_LearnsInFloat16(TrainerCase task)
    {
        IDataView rows = Raw(task, Wild(400));
        ITransformer model = task.Fit(Ml, rows, options => options.Precision = PrecisionPolicy.MixedFloat16);

        Assert.IsGreaterThan(task.GoodQuality, task.Quality(Ml, model.Transform(rows)));
        var unscaled = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(
                Ml,
                rows,
                options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.MixedFloat16, FeatureScaling.None)));
        StringAssert.Contains(unscaled.Message, "the largest value of Float16");
    }

    /// <summary>The same bits as training without scaling on rows that this test has standardised: mean and deviation in double over the
    /// rows that train, difference and product in float.</summary>
    [TestMethod]
    [DataRow(null, "float32")]
    [DataRow(0.25f, "float32")]
    [DataRow(0.25f, "mixed_float16")]
    [DataRow(0.25f, "mixed_bfloat16")]
    public void Fit_Standard_IsTrainingOnRowsStandardisedByHand(float? fraction, string policy)
    {
        Sample[] rows = Wild(150);
        int[] heldBack = fraction is null ? [] : HeldBackRows.Draw(rows.Length, fraction.Value, seed: 1);
        float[][] byHand = Standardised([.. rows.Select(row => row.Features)], heldBack);
        Sample[] scaled = Wild(150);
        foreach (Sample row in scaled)
        {
            row.Features = byHand[row.Number];
        }

        void Change(MlpTrainerOptions options) => (
            options.ValidationFraction,
            options.Precision,
            options.Epochs) = (fraction, PrecisionPolicy.Parse(policy), 4);
        ITransformer expected = TrainerCase.Regression.Fit(Ml, Raw(TrainerCase.Regression, scaled), options =>
        {
            Change(options);
            options.FeatureScaling = FeatureScaling.None;
        });
        ITransformer actual = TrainerCase.Regression.Fit(Ml, Raw(TrainerCase.Regression, rows), Change);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(actual));
        CollectionAssert.AreEqual(
            TrainerCase.TrainingOf(expected).History.Select(epoch => epoch.ValidationLoss).ToArray(),
            TrainerCase.TrainingOf(actual).History.Select(epoch => epoch.ValidationLoss).ToArray());
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(expected.Transform(Raw(TrainerCase.Regression, scaled))),
            ScoredRows.BitsOf(actual.Transform(Raw(TrainerCase.Regression, rows))));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_BulkEngineAndLoaded_HaveTheSameBits(TrainerCase task)
    {
        Sample[] rows = Wild(300);
        ITransformer model = task.Labelling(Ml).Append(task.Trainer(Ml, task.Options())).Fit(Ml.Data.LoadFromEnumerable(rows));
        IDataView unseen = Ml.Data.LoadFromEnumerable(Wild(70, seed: 3));
        float[][] bulk = ScoredRows.Of(model.Transform(unseen));

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(loaded.Transform(unseen)));
        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(task.Predict(Ml, model, Wild(70, seed: 3))));
        Assert.AreEqual(FeatureScaling.Standard, TrainerCase.NetworkOf(loaded).Network.Spec.Scaling);
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    internal void ExportToOnnx_OfRawFeatures_ScalesInFloat32AheadOfTheFirstCast(TrainerCase task, NumericFormat format)
    {
        ITransformer model = task.Fit(Ml, Raw(task, Wild(300)), options => options.Precision = PrecisionPolicy.MixedFloat16);
        IDataView unseen = Raw(task, Wild(200, seed: 3));
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, unseen, stream, new OnnxExportOptions { Format = format });

        double tolerance = format switch { NumericFormat.Float32 => 2e-6, NumericFormat.Float16 => 4e-3, _ => 3e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        NodeProto sub = file.Graph.Node.Single(node => node.OpType == "Sub"), mul = file.Graph.Node.Single(
            node => node.Input.Contains(sub.Output[0]));
        Assert.AreEqual(("Features", "Mul"), (sub.Input[0], mul.OpType));
        Assert.AreEqual("Standard", file.MetadataProps.Single(entry => entry.Key == "mixedprecision.feature_scaling").Value);
    }

    [TestMethod]
    public void ExportToOnnx_WithFloat16Edges_SaysThatInputsAreRoundedBeforeTheyAreScaled()
    {
        ITransformer Fit(FeatureScaling scaling) => TrainerCase.Binary.Fit(
            Ml,
            TrainerCase.Binary.Prepared(Ml, Sample.Rows(100)),
            options => options.FeatureScaling = scaling);
        bool IsWarned(FeatureScaling scaling, bool aware)
        {
            var options = new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true, PrecisionAware = aware };
            IDataView rows = TrainerCase.Binary.Prepared(Ml, Sample.Rows(50));
            OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(Fit(scaling), rows, Stream.Null, options);
            return report.Warnings.Any(warning => warning.Contains("before FeatureScaling", StringComparison.Ordinal));
        }

        Assert.IsTrue(IsWarned(FeatureScaling.Standard, aware: false));
        Assert.IsFalse(IsWarned(FeatureScaling.None, aware: false));
        Assert.IsFalse(IsWarned(FeatureScaling.Standard, aware: true), "inputs that rounding would hurt stay Float32 there");
    }

    [TestMethod]
    public void Fit_WithValidationSet_MeasuresWhatTheTransformerScores()
    {
        IDataView train = Raw(TrainerCase.Regression, Wild(150)), validation = Raw(TrainerCase.Regression, Wild(60, seed: 2));
        MlpTrainerOptions options = TrainerCase.Regression.Options(changed => changed.EarlyStoppingPatience = 0);
        ((MlpRegressionTrainer.Options)options).StandardizeLabel = false;

        ITransformer model = TrainerCase.Regression.Fit(Ml, options, train, validation);

        double squared = Ml.Regression.Evaluate(model.Transform(validation)).MeanSquaredError;
        Assert.AreEqual(squared, TrainerCase.TrainingOf(model).History[^1].ValidationLoss!.Value, 1e-4 * squared);
    }

    /// <summary>Going on from a model keeps its scaling, whatever the new rows and options are: with next to no learning the network is the
    /// same function.</summary>
    [TestMethod]
    [DataRow(FeatureScaling.Standard, FeatureScaling.None)]
    [DataRow(FeatureScaling.Standard, FeatureScaling.Standard)]
    [DataRow(FeatureScaling.None, FeatureScaling.Standard)]
    public void Fit_FromAModel_KeepsItsScaling(FeatureScaling before, FeatureScaling now)
    {
        IDataView first = TrainerCase.Binary.Prepared(Ml, Sample.Rows(150));
        Sample[] rows = Sample.Rows(150, seed: 4);
        foreach (Sample row in rows)
        {
            row.Features = [.. row.Features.Select(value => (3 * value) + 1)];
        }

        IDataView others = TrainerCase.Binary.Prepared(Ml, rows);
        ITransformer model = TrainerCase.Binary.Fit(Ml, first, options => options.FeatureScaling = before);

        ITransformer next = TrainerCase.Binary.Fit(
            Ml,
            TrainerCase.Binary.Options(options => (options.FeatureScaling, options.Epochs, options.LearningRate) = (now, 1, 1e-9f)),
            others,
            previous: model);

        Assert.AreEqual(before, TrainerCase.NetworkOf(next).Network.Spec.Scaling);
        foreach ((float[] one, float[] two) in ScoredRows.ScoresOf(model.Transform(first)).Zip(ScoredRows.ScoresOf(next.Transform(first))))
        {
            Assert.AreEqual(one[0], two[0], 1e-3);
        }
    }

    /// <summary>The scaled value counts, not the raw one: 1 in 10⁵ rows is 316 deviations from the mean, which times nothing is beyond
    /// Float16; a row to validate may be anywhere.</summary>
    [TestMethod]
    public void Fit_OutlierBeyondFloat16_NamesRowColumnAndBothValues()
    {
        Sample[] rows = Wild(100);
        int heldBack = HeldBackRows.Draw(100, 0.1f, seed: 1)[0];
        rows[heldBack].Features[1] = 1e30f;

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Regression.Fit(
            Ml,
            Raw(TrainerCase.Regression, rows),
            options => (options.ValidationFraction, options.Precision) = (0.1f, PrecisionPolicy.MixedFloat16)));

        foreach (
            string part in (string[])[$"row {heldBack} ", "'Features'", "1E+30", "slot 1", "scaled by FeatureScaling", "Float16", "65504"])
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    /// <summary>Words as one-hot vectors arrive sparse: their zeros stay zeros, and nothing is shifted.</summary>
    [TestMethod]
    public void Fit_SparseRows_KeepsZerosZero()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Sample.Rows(100));
        var words = Ml.Transforms.CopyColumns("Label", "Value").Append(Ml.Transforms.Categorical.OneHotEncoding("Features", "Kind"));
        IDataView encoded = words.Fit(rows).Transform(rows);
        Assert.IsFalse(encoded.GetColumn<VBuffer<float>>("Features").First().IsDense, "the rows must be sparse for this test to mean "
            + "anything");
        ITransformer model = TrainerCase.Regression.Fit(Ml, encoded);

        FeatureScaler scaler = TrainerCase.NetworkOf(model).Network.Scaling!;

        Assert.IsTrue(scaler.Shift.Values.All(shift => shift == 0));
        Assert.IsTrue(scaler.Factor.Values.All(factor => Math.Abs(factor - 1) < 1e-6), "a slot of a category keeps its 1, however rare "
            + "it is");
    }

    [TestMethod]
    [DataRow(FeatureScaling.None, false)]
    [DataRow(FeatureScaling.Standard, true)]
    public void Save_OfAnyModel_IsOfAVersionThatOlderReadersRefuse(FeatureScaling scaling, bool mentions)
    {
        ITransformer model = TrainerCase.Binary.Fit(
            Ml,
            TrainerCase.Binary.Prepared(Ml, Sample.Rows(30)),
            options => (options.FeatureScaling, options.Epochs) = (scaling, 1));
        using var zip = new System.IO.Compression.ZipArchive(
            new MemoryStream(Models.Save(model, TrainerCase.Binary.Prepared(Ml, Sample.Rows(30)).Schema)));
        byte[] file = [.. zip.Entries.Select(Content).Single(content => content.AsSpan().IndexOf("MPMLPBIN"u8) >= 0)];

        // A model's signature is followed by the version written and the version that reads it: https://github.com/dotnet/machinelearning,
        // ModelHeader.
        int at = file.AsSpan().IndexOf("MPMLPBIN"u8) + 8;
        Assert.AreEqual((0x00010004, 0x00010004), (BitConverter.ToInt32(file, at), BitConverter.ToInt32(file, at + 4)));
        Assert.AreEqual(mentions, file.AsSpan().IndexOf("\"scaling\":\"Standard\""u8) >= 0);
        Assert.AreEqual(mentions, file.AsSpan().IndexOf("features.factor"u8) >= 0);
    }

    private static byte[] Content(System.IO.Compression.ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>Rows whose features are as raw as can be: around a million, of a millionth, and in between.</summary>
    private static Sample[] Wild(int count, int seed = 1)
    {
        Sample[] rows = Sample.Rows(count, seed);
        foreach (Sample row in rows)
        {
            row.Features = [1e6f + (1e5f * row.Features[0]), row.Features[1] * 1e-6f, 10 * row.Features[2], 1e-3f * row.Features[3]];
        }

        return rows;
    }

    /// <summary>Rows with a label, and features as they are.</summary>
    private static IDataView Raw(TrainerCase task, Sample[] rows)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        return task.Labelling(Ml).Fit(Ml.Data.LoadFromEnumerable(Sample.Rows(400))).Transform(data);
    }

    private static float[][] Standardised(float[][] rows, int[] heldBack)
    {
        float[][] train = [.. rows.Where((_, row) => !heldBack.Contains(row))], scaled = [.. rows.Select(row => row.ToArray())];
        for (int j = 0; j < rows[0].Length; j++)
        {
            double mean = train.Average(row => (double)row[j]), deviation = Math.Sqrt(
                train.Average(row => (row[j] - mean) * (row[j] - mean)));
            bool varies = train.Any(row => row[j] != train[0][j]);
            float shift = varies ? (float)mean : train[0][j], factor = varies ? (float)(1 / deviation) : 1;
            foreach (float[] row in scaled)
            {
                row[j] = (row[j] - shift) * factor;
            }
        }

        return scaled;
    }
}
