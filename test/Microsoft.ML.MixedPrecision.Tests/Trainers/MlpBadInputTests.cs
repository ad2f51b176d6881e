namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What cannot be trained on is refused before training, naming column, row and remedy.</summary>
[TestClass]
public sealed class MlpBadInputTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> BadFeatures =>
    [
        [float.NaN, "features must be finite", "ReplaceMissingValues"],
        [float.PositiveInfinity, "features must be finite", "FilterByCustomPredicate"],
        [float.NegativeInfinity, "features must be finite", "Features"],
    ];

    [TestMethod]
    public void Fit_OfNoRows_Refuses() => Refuses(Fit([]), "The training set has no rows", "filters");

    [TestMethod]
    public void Fit_OfOneClassInData_NamesIt()
    {
        Blob[] rows = Blob.Rows(50);
        IDataView keys = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Fit(View(rows))
            .Transform(View([.. rows.Where(row => row.Kind == "green")]));

        Refuses(() => Trainer().Fit(keys), "same class", "('green')", "'Label'", "at least two");
    }

    [TestMethod]
    public void Fit_OfOneClassInKey_Refuses()
    {
        IDataView keys = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(View(Blob.Rows(1))).Transform(View(Blob.Rows(20)));

        Refuses<ArgumentOutOfRangeException>(() => Trainer().Fit(keys), "'Label'", "1 class;", "at least two classes");
    }

    /// <summary>MapValueToKey makes a key of one class of no values at all.</summary>
    [TestMethod]
    public void Fit_OfAKeyFittedOnNoRows_SaysThatThereAreNone()
    {
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(
            Ml.MixedPrecision().Trainers.MlpMulticlass(
                Blob.Options(options => options.ClassWeights = new Dictionary<string, float> { ["red"] = 2 })));

        Refuses(() => pipeline.Fit(View([])), "The training set has no rows", "path");
    }

    [TestMethod]
    public void Fit_OfAKeyFittedOnMissingLabels_SaysThatAllAreMissing()
    {
        Blob[] rows = Blob.Rows(20);
        foreach (Blob row in rows)
        {
            row.Kind = "";
        }

        Refuses(
            () => Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(Trainer()).Fit(View(rows)),
            "All 20 rows",
            "missing label",
            "'Label'");
    }

    [TestMethod]
    public void Fit_OfMissingLabelsOnly_Refuses()
    {
        IDataView rows = View(Blob.Rows(20));
        IDataView keys = Ml.Transforms.Conversion.MapValueToKey(
            "Label",
            "Kind",
            keyData: View([new Blob { Kind = "other" }, new Blob { Kind = "another" }]).Select("Kind", Ml))
            .Fit(rows)
            .Transform(rows);

        Refuses(() => Trainer().Fit(keys), "All 20 rows", "missing label", "'Label'", "MapValueToKey");
    }

    [TestMethod]
    public void Fit_OfSomeMissingLabels_SkipsCountsAndLogsThem()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, e) =>
        {
            // ML.NET logs from any thread.
            lock (lines)
            {
                lines.Add(e.Message);
            }
        };
        Blob[] rows = Blob.Rows(60);
        IDataView keys = ml.Transforms.Conversion.MapValueToKey(
            "Label",
            "Kind",
            keyData: View([new Blob { Kind = "red" }, new Blob { Kind = "blue" }]).Select("Kind", ml))
            .Fit(View(rows))
            .Transform(View(rows));
        int missing = rows.Count(row => row.Kind == "green");

        TrainingResult training = ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()).Fit(keys).Training!;

        Assert.AreEqual(missing, training.RowsWithoutLabel);
        Assert.AreEqual(60 - missing, training.Rows);
        Assert.IsTrue(
            lines.Any(line => line.Contains($"{missing} of 60 rows of the training set were left out", StringComparison.Ordinal)));
        Assert.HasCount(
            1,
            training.Warnings.Where(
                line => line.StartsWith($"{missing} of 60 rows of the training set were left out", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(BadFeatures))]
    public void Fit_OfBadFeature_NamesRowColumnSlotAndRemedy(float value, string what, string remedy)
    {
        Blob[] rows = Blob.Rows(60);
        rows[37].Features[2] = value;

        Refuses(Fit(rows), "Row 37 (counted from 0", "column 'Features'", "slot 2", what, remedy);
    }

    [TestMethod]
    public void Fit_OfBadFeatureInNamedSlot_NamesTheSlot()
    {
        Blob[] rows = Blob.Rows(60);
        rows[3].Weight = float.NaN;
        IDataView named = Ml.Transforms.Concatenate("Features", "Features", "Weight")
            .Append(Ml.Transforms.Conversion.MapValueToKey("Label", "Kind"))
            .Fit(View(rows))
            .Transform(View(rows));

        Refuses(() => Trainer().Fit(named), "Row 3", "slot 4 ('Weight')");
    }

    [TestMethod]
    public void Fit_OfFeatureBeyondFloat16_NamesValueLimitAndNormalization()
    {
        Blob[] rows = Blob.Rows(60);
        rows[5].Features[1] = -1e6f;

        Refuses(
            Fit(rows, options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.MixedFloat16, FeatureScaling.None)),
            "Row 5",
            "-1000000",
            "slot 1",
            "Float16",
            "65504",
            "NormalizeMinMax");
        Fit(rows, options => options.Precision = PrecisionPolicy.MixedFloat16)();
        Fit(rows, options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.MixedBFloat16, FeatureScaling.None))();
        Fit(rows)();
    }

    [TestMethod]
    public void Fit_OfFeatureBeyondTheFirstLayersOverride_Refuses()
    {
        Blob[] rows = Blob.Rows(60);
        rows[5].Features[1] = 1e5f;

        Refuses(
            Fit(
                rows,
                options => (options.Precision, options.FeatureScaling) = (
                    PrecisionPolicy.Float32.WithLayer("hidden.0", NumericFormat.Float16),
                    FeatureScaling.None)),
            "Row 5",
            "slot 1",
            "Float16",
            "65504");
        Fit(
            rows,
            options => (options.Precision, options.FeatureScaling) = (
                PrecisionPolicy.Float32.WithLayer("output", NumericFormat.Float16),
                FeatureScaling.None))();
    }

    [TestMethod]
    public void Fit_OfLayersTooLarge_NamesTheOption()
        => Refuses(
            Fit(Blob.Rows(60), options => options.HiddenLayers = [1 << 20, 1 << 20]),
            "HiddenLayers",
            "1048576 × 1048576",
            "narrower");

    [TestMethod]
    [DataRow(-0.5f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Fit_OfBadWeight_NamesRowAndColumn(float weight)
    {
        Blob[] rows = Blob.Rows(60);
        rows[11].Weight = weight;

        Refuses(Fit(rows, options => options.ExampleWeightColumnName = "Weight"), "Row 11", "column 'Weight'", "finite and not negative");
    }

    [TestMethod]
    public void Fit_OfVectorsOfUnknownSize_NamesColumnAndRemedy()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(20).Select(row => new Unsized { Label = row.Kind, Features = row.Features }));
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label").Append(Trainer());

        Refuses<ArgumentOutOfRangeException>(() => pipeline.Fit(rows), "'Features'", "unknown size", "[VectorType(n)]");
    }

    [TestMethod]
    public void Fit_OfWrongColumns_NamesThemAndTheRemedy()
    {
        IDataView rows = View(Blob.Rows(20));
        var key = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind");

        Refuses<ArgumentOutOfRangeException>(() => Trainer().Fit(rows), "There is no label column 'Label'", "LabelColumnName");
        Refuses<ArgumentOutOfRangeException>(
            () => Trainer(options => options.LabelColumnName = "Kind").Fit(rows),
            "'Kind'",
            "String",
            "MapValueToKey");
        Refuses<ArgumentOutOfRangeException>(
            () => Trainer(options => options.LabelColumnName = "Number").Fit(rows),
            "'Number'",
            "Int32",
            "MapValueToKey");
        Refuses<ArgumentOutOfRangeException>(
            () => key.Append(Trainer(options => options.FeatureColumnName = "X")).Fit(rows),
            "There is no features column 'X'",
            "FeatureColumnName");
        Refuses<ArgumentOutOfRangeException>(
            () => key.Append(Trainer(options => options.FeatureColumnName = "Weight")).Fit(rows),
            "'Weight'",
            "single numbers",
            "Concatenate");
        Refuses<ArgumentOutOfRangeException>(
            () => key.Append(Trainer(options => options.FeatureColumnName = "Kind")).Fit(rows),
            "'Kind'",
            "ConvertType");
        Refuses<ArgumentOutOfRangeException>(
            () => key.Append(Trainer(options => options.ExampleWeightColumnName = "W")).Fit(rows),
            "There is no weight column 'W'",
            "ExampleWeightColumnName");
        Refuses<ArgumentOutOfRangeException>(
            () => key.Append(Trainer(options => options.ExampleWeightColumnName = "Number")).Fit(rows),
            "'Number'",
            "ConvertType");
    }

    [TestMethod]
    public void Fit_OfOtherValidationSet_NamesBothSizes()
    {
        IDataView prepared = Blob.Preparation(Ml).Fit(View(Blob.Rows(60))).Transform(View(Blob.Rows(60)));
        IDataView wide = Ml.Transforms.Concatenate("Features", "Features", "Weight").Fit(prepared).Transform(prepared);

        Refuses<ArgumentOutOfRangeException>(
            () => Trainer().Fit(prepared, wide),
            "5 features",
            "the training set 4",
            "same fitted transformers");
    }

    [TestMethod]
    public void Fit_OfBadValidationRow_NamesTheValidationSet()
    {
        Blob[] rows = Blob.Rows(60);
        rows[9].Features[0] = float.NaN;
        IDataView train = Keys(Blob.Rows(60));

        Refuses(() => Trainer().Fit(train, Keys(rows)), "Row 9", "of the validation set");
        Refuses(() => Trainer().Fit(train, Keys([], Blob.Rows(60))), "The validation set has no rows");
    }

    [TestMethod]
    public void Fit_OnCudaWithoutGpu_Refuses()
        => Refuses<NotSupportedException>(
            Fit(Blob.Rows(60), options => options.Device = ComputeDevice.Cuda(0)),
            "'cuda:0'",
            "ComputeDevice.Cpu",
            "ComputeDevice.Auto");

    private static Action Fit(Blob[] rows, Action<MlpMulticlassTrainer.Options>? change = null)
        => () => Trainer(change).Fit(Keys(rows, rows.Length == 0 ? Blob.Rows(60) : rows));

    private static IDataView Keys(Blob[] rows, Blob[]? keyRows = null)
        => Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(View(keyRows ?? rows)).Transform(View(rows));

    private static IDataView View(Blob[] rows) => Ml.Data.LoadFromEnumerable(rows);

    private static MlpMulticlassTrainer Trainer(Action<MlpMulticlassTrainer.Options>? change = null)
        => Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(change));

    private static void Refuses(Action action, params string[] parts) => Refuses<InvalidOperationException>(action, parts);

    private static void Refuses<TException>(Action action, params string[] parts)
        where TException : Exception
    {
        var error = Assert.ThrowsExactly<TException>(action);
        foreach (string part in parts)
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    private sealed class Unsized
    {
        public string Label { get; set; } = "";

        public float[] Features { get; set; } = [];
    }
}

/// <summary>One column of a view.</summary>
internal static class ViewExtensions
{
    public static IDataView Select(this IDataView view, string column, MLContext ml)
        => ml.Transforms.SelectColumns(column).Fit(view).Transform(view);
}
