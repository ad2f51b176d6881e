namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Weights of classes, and smoothed labels.</summary>
[TestClass]
public sealed class ClassWeightTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Formats => [[PrecisionPolicy.Float32], [PrecisionPolicy.MixedFloat16]];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void PositiveClassWeight_OfAFactor_EqualsItInTheWeightColumn(PrecisionPolicy precision)
    {
        Sample[] plain = Sample.Rows(200), weighted = Sample.Rows(200);
        foreach (Sample row in weighted)
        {
            row.Weight *= row.Answer ? 3.7f : 1;
        }

        uint[] byOption = Fit(plain, options => options.PositiveClassWeight = 3.7f), byColumn = Fit(weighted), without = Fit(plain);

        CollectionAssert.AreEqual(byColumn, byOption);
        CollectionAssert.AreNotEqual(without, byOption);

        uint[] Fit(
            Sample[] rows,
            Action<MlpBinaryTrainer.Options>? change =
                null) => TrainerCase.WeightsOf(TrainerCase.Binary.Fit(Ml, TrainerCase.Binary.Prepared(Ml, rows), options =>
        {
            (options.ExampleWeightColumnName, options.Precision) = ("Weight", precision);
            change?.Invoke((MlpBinaryTrainer.Options)options);
        }));
    }

    [TestMethod]
    public void PositiveClassWeight_WithoutAWeightColumn_EqualsAColumnOfFactors()
    {
        Sample[] rows = Sample.Rows(200);
        foreach (Sample row in rows)
        {
            row.Weight = row.Answer ? 0.25f : 1;
        }

        IDataView data = TrainerCase.Binary.Prepared(Ml, rows);

        CollectionAssert.AreEqual(
            TrainerCase.WeightsOf(TrainerCase.Binary.Fit(Ml, data, options => options.ExampleWeightColumnName = "Weight")),
            TrainerCase.WeightsOf(
                TrainerCase.Binary.Fit(Ml, data, options => ((MlpBinaryTrainer.Options)options).PositiveClassWeight = 0.25f)));
    }

    [TestMethod]
    public void ClassWeights_OfNamedClasses_EqualThemInTheWeightColumn()
    {
        Sample[] rows = Sample.Rows(200);
        foreach (Sample row in rows)
        {
            row.Weight = row.Kind switch { "low" => 2.5f, "high" => 0, _ => 1 };
        }

        IDataView data = TrainerCase.Multiclass.Prepared(Ml, rows);
        var weights = new Dictionary<string, float> { ["high"] = 0, ["low"] = 2.5f };

        CollectionAssert.AreEqual(
            TrainerCase.WeightsOf(TrainerCase.Multiclass.Fit(Ml, data, options => options.ExampleWeightColumnName = "Weight")),
            TrainerCase.WeightsOf(
                TrainerCase.Multiclass.Fit(Ml, data, options => ((MlpMulticlassTrainer.Options)options).ClassWeights = weights)));
    }

    [TestMethod]
    public void ClassWeights_OfUnknownClass_NamesThoseThatThereAre()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(new Dictionary<string, float> { ["highest"] = 2 }));

        foreach (string part in (string[])["'highest'", "'Label'", "'low'", "'middle'", "'high'"])
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    [TestMethod]
    public void ClassWeights_OfZeroForAllClasses_Refuses()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => Fit(new Dictionary<string, float> { ["low"] = 0, ["middle"] = 0, ["high"] = 0 }));

        StringAssert.Contains(error.Message, "ClassWeights");
    }

    [TestMethod]
    public void ClassWeights_TimesTheRowsWeightBeyondFloat32_NamesTheRow()
    {
        Sample[] rows = Sample.Rows(60);
        rows[7].Weight = 1e38f;
        rows[7].Answer = true;

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Binary.Fit(
            Ml,
            TrainerCase.Binary.Prepared(Ml, rows),
            options => (options.ExampleWeightColumnName, ((MlpBinaryTrainer.Options)options).PositiveClassWeight) = ("Weight", 10)));

        StringAssert.Contains(error.Message, "Row 7");
    }

    [TestMethod]
    public void LabelSmoothing_OfBothTasks_KeepsProbabilitiesFromTheEnds()
    {
        foreach (TrainerCase task in (TrainerCase[])[TrainerCase.Binary, TrainerCase.Multiclass])
        {
            IDataView rows = task.Prepared(Ml, Sample.Rows(200));
            double sharp = Certainty(task, rows, 0), smooth = Certainty(task, rows, 0.3f);

            Assert.IsGreaterThan(0.9, sharp, $"{task}");
            Assert.IsLessThan(0.87, smooth, $"{task}");
        }
    }

    /// <summary>Mean probability of the predicted class.</summary>
    private static double Certainty(TrainerCase task, IDataView rows, float smoothing)
    {
        ITransformer model = task.Fit(Ml, rows, options =>
        {
            if (options is MlpBinaryTrainer.Options binary)
            {
                binary.LabelSmoothing = smoothing;
            }
            else
            {
                ((MlpMulticlassTrainer.Options)options).LabelSmoothing = smoothing;
            }
        });
        return ScoredRows.ScoresOf(model.Transform(rows)).Average(
            row => task is BinaryCase ? 1 / (1 + Math.Exp(-Math.Abs(row[0]))) : row.Max());
    }

    private static void Fit(Dictionary<string, float> weights)
        => TrainerCase.Multiclass.Fit(
            Ml,
            TrainerCase.Multiclass.Prepared(Ml, Sample.Rows(60)),
            options => ((MlpMulticlassTrainer.Options)options).ClassWeights = weights);
}
