using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="FeatureScaling.Robust"/>, from what is learned to every way to score.</summary>
[TestClass]
public sealed class RobustScalingTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    public static IEnumerable<object[]> Formats
        => from task in TrainerCase.All
           from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
           from set in Enum.GetValues<OnnxOperatorSet>()
           select new object[] { task[0], format, set };

    /// <summary>The same bits as training without scaling on rows that were scaled by hand: quantiles of the rows that train, those of
    /// weight 0 and those held back left out; a feature of one value, heavy tails and an outlier of 1e38 among them.</summary>
    [TestMethod]
    [DataRow(null, "float32")]
    [DataRow(0.25f, "float32")]
    [DataRow(0.25f, "mixed_float16")]
    [DataRow(0.25f, "mixed_bfloat16")]
    public void Fit_Robust_IsTrainingOnRowsScaledByHand(float? fraction, string policy)
    {
        Sample[] rows = Wild(150), byHand = Wild(150);
        Array.ForEach(rows, row => row.Features[3] = 7);
        int[] heldBack = fraction is null ? [] : HeldBackRows.Draw(rows.Length, fraction.Value, seed: 1);
        foreach (int row in (int[])[3, 4, 50])
        {
            (rows[row].Weight, byHand[row].Weight) = (0, 0);
            rows[row].Features = [1e6f, -1, 5, 5];
        }

        int[] counted = [.. Enumerable.Range(0, rows.Length).Where(row => !heldBack.Contains(row) && rows[row].Weight > 0)];
        float[][] scaled = PreparedByHand.Of(FeaturesOf(rows), counted, FeatureScaling.Robust, MissingValues.Reject);
        void Change(MlpTrainerOptions options, FeatureScaling scaling)
        {
            (options.ValidationFraction, options.Precision, options.Epochs) = (fraction, PrecisionPolicy.Parse(policy), 4);
            (options.FeatureScaling, options.ExampleWeightColumnName) = (scaling, "Weight");
        }

        TrainerCase task = TrainerCase.Regression;
        IDataView given = Raw(task, rows), prepared = PreparedByHand.Data(Ml, task, byHand, scaled);
        ITransformer expected = task.Fit(Ml, prepared, options => Change(options, FeatureScaling.None));
        ITransformer actual = task.Fit(Ml, given, options => Change(options, FeatureScaling.Robust));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(actual));
        CollectionAssert.AreEqual(
            TrainerCase.TrainingOf(expected).History.Select(epoch => epoch.ValidationLoss).ToArray(),
            TrainerCase.TrainingOf(actual).History.Select(epoch => epoch.ValidationLoss).ToArray());
        CollectionAssert.AreEqual(ScoredRows.BitsOf(expected.Transform(prepared)), ScoredRows.BitsOf(actual.Transform(given)));
    }

    /// <summary>Numbers by their quartiles; 3 and 20 categories by √(2/k), 2 by 1; a category that every row has is 0.</summary>
    [TestMethod]
    public void Fit_OfOneHotColumns_LeavesTheirZerosAndWeighsThemByTheirNumber()
    {
        var random = new Random(2);
        CategoryRow[] rows = [
            .. Enumerable.Range(0, 400).Select(row => new CategoryRow
            {
                Label = (float)random.NextDouble(),
                Number = (float)random.NextDouble() * 50,
                Two = $"{row % 2}",
                Three = $"{(row * 7) % 3}",
                Many = $"{row % 20}",
                Same = "only",
            })];
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        IDataView encoded = Ml.Transforms.Categorical
            .OneHotEncoding([new("Two"), new("Three"), new("Many"), new("Same")])
            .Append(Ml.Transforms.Concatenate("Features", "Many", "Number", "Two", "Same", "Three"))
            .Fit(data)
            .Transform(data);
        var options = new MlpRegressionTrainer.Options
        {
            FeatureScaling = FeatureScaling.Robust,
            ValidationFraction = 0,
            Epochs = 1,
            HiddenLayers = [4],
        };

        NetworkRegressionTransformer model = Ml.MixedPrecision().Trainers.MlpRegression(options).Fit(encoded);

        FeatureScaler scaler = TrainerCase.NetworkOf(model).Network.Scaling!;
        double[] numbers = [.. rows.Select(row => (double)row.Number).Order()];
        double Quantile(double p)
        {
            double h = (numbers.Length - 1) * p;
            int below = (int)h;
            return numbers[below] + ((h - below) * (numbers[Math.Min(below + 1, numbers.Length - 1)] - numbers[below]));
        }

        float many = (float)Math.Sqrt(0.1), three = (float)Math.Sqrt(2.0 / 3);
        float[] expected = [
            .. Enumerable.Repeat(many, 20), (float)(1 / (Quantile(0.75) - Quantile(0.25))), 1, 1, 0, three, three, three];
        CollectionAssert.AreEqual(expected, scaler.Factor.Values);
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 27).Select(slot => slot == 20 ? (float)Quantile(0.5) : 0f).ToArray(), scaler.Shift.Values);
    }

    /// <summary>An annotation that does not fit the vector is none.</summary>
    [TestMethod]
    [DataRow(new[] { 0, 4 })]
    [DataRow(new[] { 2, 1 })]
    [DataRow(new[] { -1, 1 })]
    [DataRow(new[] { 1 })]
    public void Of_AnnotationsThatDoNotFit_AreNone(int[] bounds)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(
            "CategoricalSlotRanges",
            new VectorDataViewType(NumberDataViewType.Int32, bounds.Length),
            (ref VBuffer<int> value) => value = new VBuffer<int>(bounds.Length, bounds));
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("Features", new VectorDataViewType(NumberDataViewType.Single, 4), annotations.ToAnnotations());

        Assert.IsEmpty(CategoricalSlots.Of(schema.ToSchema()[0], 4).ToArray());
    }

    /// <summary>An outlier of 1e38 among the rows is beyond no format.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfHeavyTails_LearnsInFloat16(TrainerCase task)
    {
        Sample[] rows = Wild(400);
        ITransformer model = task.Fit(
            Ml,
            Raw(task, rows),
            options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.MixedFloat16, FeatureScaling.Robust));

        Assert.IsGreaterThan(task.GoodQuality - 0.05, task.Quality(Ml, model.Transform(Raw(task, rows))));
    }

    /// <summary>Features beyond all that was met, to the ends of Float32, are ±3: the scores of a row do not depend on how far out it
    /// is.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Score_OfFeaturesOfAnySize_IsFiniteAndBounded(TrainerCase task)
    {
        ITransformer model = Fit(task);
        float[] sizes = [1e9f, 1e12f, 1e20f, 1e30f, 1e38f, float.MaxValue];
        Sample[] rows = [.. sizes.SelectMany(size => (float[])[size, -size]).Select(
            size => new Sample { Features = [size, size, size, size] })];

        float[][] scores = ScoredRows.Of(model.Transform(Raw(task, rows)));

        Assert.IsTrue(scores.All(row => row.All(float.IsFinite)));
        for (int row = 2; row < rows.Length; row++)
        {
            foreach ((float one, float other) in scores[row % 2].Zip(scores[row]))
            {
                Assert.AreEqual(one, other, 1e-4 * Math.Max(1, Math.Abs(one)), $"row {row}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_BulkEngineAndLoaded_HaveTheSameBits(TrainerCase task)
    {
        ITransformer model = Pipeline(task).Fit(Ml.Data.LoadFromEnumerable(Wild(300)));
        IDataView unseen = Ml.Data.LoadFromEnumerable(Wild(70, seed: 3));
        float[][] bulk = ScoredRows.Of(model.Transform(unseen));

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(loaded.Transform(unseen)));
        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(task.Predict(Ml, model, Wild(70, seed: 3))));
        Assert.AreEqual(FeatureScaling.Robust, TrainerCase.NetworkOf(loaded).Network.Spec.Scaling);
    }

    /// <summary>Rows as they were trained on, and rows at the ends of Float32: the clip is FP32, ahead of the first cast, and its square
    /// does not overflow there either.</summary>
    [TestMethod]
    [DynamicData(nameof(Formats))]
    internal void ExportToOnnx_OfAnyRows_ScoresAsTheModelDoes(TrainerCase task, NumericFormat format, OnnxOperatorSet set)
    {
        ITransformer model = Fit(task);
        Sample[] rows = [.. Wild(200, seed: 3), .. FarOut()];
        IDataView unseen = Raw(task, rows);
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model, unseen, stream, new OnnxExportOptions { Format = format, OperatorSet = set });

        double tolerance = format switch { NumericFormat.Float32 => 2e-6, NumericFormat.Float16 => 6e-3, _ => 4e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        string[] first = [.. file.Graph.Node.SkipWhile(node => node.OpType == "Constant").Take(8).Select(node => node.OpType)];
        CollectionAssert.AreEqual(new[] { "Sub", "Mul", "Clip", "Mul", "Mul", "Add", "Sqrt", "Div" }, first);
        Assert.AreEqual("Robust", file.MetadataProps.Single(entry => entry.Key == "mixedprecision.feature_scaling").Value);
        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(stream.ToArray()));
    }

    /// <summary>A network that copies its input shows the preparation itself: ONNX Runtime computes its very bits.</summary>
    [TestMethod]
    public void ExportToOnnx_OfThePreparation_HasItsBits()
    {
        TrainerCase task = TrainerCase.SeveralTargets;
        ITransformer model = task.Fit(Ml, Raw(task, Wild(300)), options =>
            (options.FeatureScaling, options.HiddenLayers, options.Epochs) = (FeatureScaling.Robust, [], 1));
        Network network = TrainerCase.NetworkOf(model).Network;
        float[] weights = network.OutputLayer.Weight.Values;
        Array.Clear(network.OutputLayer.Bias.Values);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = i % Sample.FeatureCount == i / Sample.FeatureCount ? 1 : 0; // Output i is input i.
        }

        Sample[] rows = [.. Wild(500, seed: 3), .. FarOut()];
        float[][] scores = ScoredRows.ScoresOf(model.Transform(Raw(task, rows)));
        float[][] expected = [.. rows.Select(row => row.Features.ToArray())];
        using var stream = new MemoryStream();
        Ml.MixedPrecision().Model.ExportToOnnx(model, Raw(task, rows), stream);
        IDataView applied = Ml.MixedPrecision().Transforms.ApplyOnnxModel(stream.ToArray()).Fit(Raw(task, rows)).Transform(Raw(task, rows));

        foreach (float[] row in expected)
        {
            network.Scaling!.Scale(row, row);
        }

        float[][] file = [.. applied.GetColumn<float[]>("Score.output")];
        for (int row = 0; row < rows.Length; row++)
        {
            CollectionAssert.AreEqual(Bits(expected[row]), Bits(scores[row]), $"row {row}, model");
            CollectionAssert.AreEqual(Bits(expected[row]), Bits(file[row]), $"row {row}, file");
        }
    }

    /// <summary>Sparse rows are scaled as dense ones: slots that are mostly 0 keep their zeros, one that seldom is has a median to take
    /// off.</summary>
    [TestMethod]
    public void Fit_SparseRows_HasTheBitsOfDenseOnes()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Sample.Rows(100));
        var words = Ml.Transforms.CopyColumns("Label", "Value").Append(Ml.Transforms.Categorical.OneHotEncoding("Kinds", "Kind"))
            .Append(Ml.Transforms.Categorical.OneHotEncoding("Numbers", "Number"))
            .Append(Ml.Transforms.Concatenate("Features", "Kinds", "Weight", "Numbers"));
        float[][] dense = [.. words.Fit(rows).Transform(rows).GetColumn<float[]>("Features")];
        IDataView sparse = Sparse(Sample.Rows(100), dense);
        Assert.IsFalse(sparse.GetColumn<VBuffer<float>>("Features").First().IsDense, "the test is of sparse rows");
        void Change(MlpTrainerOptions options) => (options.FeatureScaling, options.Epochs) = (FeatureScaling.Robust, 3);

        ITransformer ofSparse = TrainerCase.Regression.Fit(Ml, sparse, Change);
        ITransformer ofDense = TrainerCase.Regression.Fit(
            Ml, PreparedByHand.Data(Ml, TrainerCase.Regression, Sample.Rows(100), dense), Change);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(ofDense), TrainerCase.WeightsOf(ofSparse));
        FeatureScaler scaler = TrainerCase.NetworkOf(ofSparse).Network.Scaling!;
        int rare = Enumerable.Range(0, 3).MinBy(slot => dense.Sum(row => row[slot]));
        Assert.AreEqual((0f, true), (scaler.Shift.Values[rare], scaler.Factor.Values[rare] is 1 or 2));
        Assert.IsGreaterThan(0.5f, scaler.Shift.Values[3], "a weight, never below a half");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CrossValidate_OfHeavyTails_LearnsInEveryFold(TrainerCase task)
        => Assert.IsGreaterThan(
            task.GoodQuality - 0.1,
            task.CrossValidate(Ml, Ml.Data.LoadFromEnumerable(Wild(300)), Pipeline(task)).Min());

    /// <summary>Files of what versions before do not know are of version 5, which they refuse by its number; all others stay as they
    /// were.</summary>
    [TestMethod]
    [DataRow(FeatureScaling.Standard, MissingValues.Reject, 4)]
    [DataRow(FeatureScaling.Robust, MissingValues.Reject, 5)]
    [DataRow(FeatureScaling.None, MissingValues.ImputeAndIndicate, 5)]
    public void Save_OfAnyModel_IsOfTheFirstVersionThatHoldsIt(FeatureScaling scaling, MissingValues missing, int version)
    {
        ITransformer model = TrainerCase.Binary.Fit(
            Ml,
            TrainerCase.Binary.Prepared(Ml, Sample.Rows(30)),
            options => (options.FeatureScaling, options.MissingValues, options.Epochs) = (scaling, missing, 1));
        using var zip = new System.IO.Compression.ZipArchive(
            new MemoryStream(Models.Save(model, TrainerCase.Binary.Prepared(Ml, Sample.Rows(30)).Schema)));
        byte[] file = [.. zip.Entries.Select(Content).Single(content => content.AsSpan().IndexOf("MPMLPBIN"u8) >= 0)];

        int at = file.AsSpan().IndexOf("MPMLPBIN"u8) + 8;
        Assert.AreEqual((0x00010000 + version, 0x00010000 + version), (BitConverter.ToInt32(file, at), BitConverter.ToInt32(file, at + 4)));
        Assert.IsGreaterThanOrEqualTo(0, file.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes($"{{\"version\":{version},")));
    }

    private static byte[] Content(System.IO.Compression.ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static uint[] Bits(float[] row) => [.. Scores.BitsOf(row[..3])];

    private static ITransformer Fit(TrainerCase task)
        => task.Fit(Ml, Raw(task, Wild(300)), options => options.FeatureScaling = FeatureScaling.Robust);

    private static EstimatorChain<ITransformer> Pipeline(TrainerCase task)
        => task.Labelling(Ml).Append(task.Trainer(Ml, task.Options(options => options.FeatureScaling = FeatureScaling.Robust)));

    private static float[][] FeaturesOf(Sample[] rows) => [.. rows.Select(row => row.Features)];

    /// <summary>Rows at the ends of Float32.</summary>
    private static Sample[] FarOut()
        => [.. Sample.Rows(12, seed: 8).Select((row, i) =>
        {
            row.Features = [(i % 2 == 0 ? 1 : -1) * 1e38f, i % 3 == 0 ? float.MaxValue : -1e20f, 1e25f, -float.MaxValue];
            return row;
        })];

    /// <summary>Rows whose features are as wild as can be: prices, of a millionth, with a tail, and in between.</summary>
    private static Sample[] Wild(int count, int seed = 1)
    {
        Sample[] rows = Sample.Rows(count, seed);
        foreach (Sample row in rows)
        {
            float tail = row.Number % 37 == 5 ? 1e4f : 10;
            row.Features = [1e6f + (1e5f * row.Features[0]), row.Features[1] * 1e-6f, tail * row.Features[2], row.Features[3]];
        }

        rows[7].Features[2] = 1e38f;
        return rows;
    }

    /// <summary>Rows with a label, and features as they are.</summary>
    private static IDataView Raw(TrainerCase task, Sample[] rows)
        => task.Labelling(Ml).Fit(Ml.Data.LoadFromEnumerable(Sample.Rows(400))).Transform(Ml.Data.LoadFromEnumerable(rows));

    /// <summary>Rows whose zeros are not stored, without a word of what their slots are.</summary>
    private static IDataView Sparse(Sample[] rows, float[][] features)
    {
        var schema = SchemaDefinition.Create(typeof(SparseRow));
        schema[nameof(SparseRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        return Ml.Data.LoadFromEnumerable(
            rows.Zip(features, (row, values) =>
            {
                int[] places = [.. Enumerable.Range(0, values.Length).Where(slot => values[slot] != 0)];
                float[] stored = [.. places.Select(slot => values[slot])];
                return new SparseRow { Label = row.Value, Features = new(values.Length, places.Length, stored, places) };
            }),
            schema);
    }

    private sealed class SparseRow
    {
        public float Label { get; set; }

        public VBuffer<float> Features { get; set; }
    }

    private sealed class CategoryRow
    {
        public float Label { get; set; }

        public float Number { get; set; }

        public string Two { get; set; } = "";

        public string Three { get; set; } = "";

        public string Many { get; set; } = "";

        public string Same { get; set; } = "";
    }
}
