using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Rows that ValidationFraction holds back, and validation rows of their own: what either side must have.</summary>
[TestClass]
public sealed class TrainingSplitTests
{
    private const int Rows = 60;
    private const float Fraction = 0.25f;
    private const int Seed = 1;

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly MLContext _ml = new(seed: 1);

    public TrainingSplitTests() => _ml.Log += (_, e) => _lines.Enqueue(e.Message);

    [TestMethod]
    public void Fit_ClassOfOneRow_TrainsOnIt()
    {
        // Whichever row it is: of 60 rows 15 validate.
        for (int only = 0; only < Rows; only += 7)
        {
            Sample[] rows = Sample.Rows(Rows);
            foreach (Sample row in rows)
            {
                row.Answer = row.Number == only;
                row.Kind = row.Number == only ? "high" : row.Kind == "high" ? "low" : row.Kind;
            }

            TrainingResult binary = TrainerCase.TrainingOf(
                TrainerCase.Binary.Fit(_ml, TrainerCase.Binary.Prepared(_ml, rows), options => Split(options, epochs: 1)));
            TrainerCase.Multiclass.Fit(_ml, TrainerCase.Multiclass.Prepared(_ml, rows), options => Split(options, epochs: 1));

            Assert.AreEqual(45, binary.Rows);
        }

        Assert.IsFalse(_lines.Any(line => line.Contains("that no training row has", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_EachRowOfAClassOfItsOwn_RefusesAShareAndTrainsOnAllUnasked()
    {
        IDataView Keyed(int count) => _ml.Transforms.Conversion.MapValueToKey("Label", "Number").Append(
            _ml.Transforms.Concatenate("Features", "A"))
            .Fit(_ml.Data.LoadFromEnumerable(Sample.Rows(count))).Transform(_ml.Data.LoadFromEnumerable(Sample.Rows(count)));

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.Multiclass.Fit(_ml, Keyed(5), options => Split(options, epochs: 1)));

        AssertContains(error.Message, "ValidationFraction is 0.25", "5 labelled rows, each of a class of its own");
        Assert.AreEqual(
            200,
            TrainerCase.TrainingOf(TrainerCase.Multiclass.Fit(_ml, Keyed(200), options => Split(options, epochs: 1, fraction: null))).Rows);
    }

    [TestMethod]
    public void Fit_OneClassInAllRows_Refuses()
    {
        Sample[] rows = Sample.Rows(Rows);
        foreach (Sample row in rows)
        {
            row.Answer = false;
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.Binary.Fit(_ml, TrainerCase.Binary.Prepared(_ml, rows), options => Split(options)));

        AssertContains(error.Message, "Every labelled row of the training set has the same class, false", "'Label'");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_WeightsOfZeroOnOneSide_Refuses(bool validates)
    {
        foreach (object[] task in TrainerCase.All)
        {
            Sample[] rows = Sample.Rows(Rows);
            HashSet<int> heldBack = [.. HeldBackOf(rows, (TrainerCase)task[0])];
            foreach (Sample row in rows)
            {
                row.Weight = heldBack.Contains(row.Number) == validates ? 0 : 1;
            }

            var trainer = (TrainerCase)task[0];
            var error = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(_ml, trainer.Prepared(_ml, rows), options =>
            {
                Split(options);
                options.ExampleWeightColumnName = "Weight";
            }));
            AssertContains(error.Message, "ValidationFraction 0.25", $"no row that {(validates ? "validates" : "trains")} weighs more "
                + $"than 0", "column 'Weight'", "ValidationSet");
        }
    }

    [TestMethod]
    public void Fit_ValidationRowsWhoseClassesWeighZero_Refuses()
    {
        var options = (MlpMulticlassTrainer.Options)TrainerCase.Multiclass.Options();
        options.ClassWeights = new Dictionary<string, float> { ["high"] = 0 };
        Sample[] judges = [.. Sample.Rows(Rows).Where(row => row.Kind == "high")];

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.Multiclass.Fit(
                _ml,
                options,
                TrainerCase.Multiclass.Prepared(_ml, Sample.Rows(Rows)),
                TrainerCase.Multiclass.Prepared(_ml, judges)));

        AssertContains(error.Message, "All rows of the validation set weigh 0", "ClassWeights");
    }

    [TestMethod]
    public void Fit_BatchNormOfOneRowThatTrains_RefusesWhereALayerNormalizes()
    {
        IDataView rows = TrainerCase.Regression.Prepared(_ml, Sample.Rows(2));
        void BatchNorm(MlpTrainerOptions options) => (
            options.Normalization,
            options.ValidationFraction,
            options.Epochs) = (NormalizationKind.BatchNorm, 0.5f, 2);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Regression.Fit(_ml, rows, BatchNorm));

        AssertContains(error.Message, "BatchNorm", "1 labelled row that trains, with ValidationFraction 0.5", "LayerNorm");
        TrainerCase.Regression.Fit(_ml, rows, options =>
        {
            BatchNorm(options);
            options.HiddenLayers = [];
        });
    }

    [TestMethod]
    public void Fit_ValidationRowsOfAnotherSize_RefusesBeforeTrainingRowsAreRead()
    {
        int read = 0;
        IEnumerable<Sample> Counted()
        {
            foreach (Sample row in Sample.Rows(Rows))
            {
                read++;
                yield return row;
            }
        }

        IDataView train = _ml.Transforms.CopyColumns("Label", "Value")
            .Fit(_ml.Data.LoadFromEnumerable(Sample.Rows(1)))
            .Transform(_ml.Data.LoadFromEnumerable(Counted()));
        IDataView other = _ml.Transforms.Concatenate("Features", "A", "D")
            .Append(_ml.Transforms.CopyColumns("Label", "Value"))
            .Fit(train)
            .Transform(_ml.Data.LoadFromEnumerable(Sample.Rows(5)));

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TrainerCase.Regression.Fit(_ml, TrainerCase.Regression.Options(), train, other));

        AssertContains(error.Message, "The validation set has 2 features", "the training set 4");
        Assert.AreEqual(0, read);
    }

    /// <summary>A row of weight 0 changes neither the labels' mean nor their deviation, which one of 1e9 would end all learning with: the
    /// clean rows are learnt as without it.</summary>
    [TestMethod]
    public void Fit_AbsurdLabelOfWeightZero_DoesNotMatter()
    {
        Sample[] rows = Sample.Rows(200);
        (rows[7].Value, rows[7].Weight) = (1e9f, 0);
        IDataView clean = TrainerCase.Regression.Prepared(_ml, [.. rows.Where(row => row.Number != 7)]);

        ITransformer model = TrainerCase.Regression.Fit(
            _ml,
            TrainerCase.Regression.Prepared(_ml, rows),
            options => options.ExampleWeightColumnName = "Weight");

        Assert.IsGreaterThan(0.95, TrainerCase.Regression.Quality(_ml, model.Transform(clean)));
    }

    private static void Split(MlpTrainerOptions options, int epochs = 20, float? fraction = Fraction)
        => (options.ValidationFraction, options.Seed, options.Epochs) = (fraction, Seed, epochs);

    /// <summary>The rows that are held back of these: of each class a share where the task has classes.</summary>
    private static int[] HeldBackOf(Sample[] rows, TrainerCase task)
    {
        string[] classes = task == TrainerCase.Multiclass
            ? [.. rows.Select(row => row.Kind).Distinct()]
            : task == TrainerCase.Binary
            ? ["False", "True"]
            : [""];
        int ClassOf(int row) => Array.IndexOf(
            classes,
            task == TrainerCase.Multiclass ? rows[row].Kind : task == TrainerCase.Binary ? rows[row].Answer.ToString() : "");
        return HeldBackRows.Draw(
            rows.Length,
            Fraction,
            Seed,
            [.. classes.Select((_, label) => rows.LongCount(row => ClassOf(row.Number) == label))],
            ClassOf);
    }

    private static void AssertContains(string message, params string[] parts)
    {
        foreach (string part in parts)
        {
            StringAssert.Contains(message, part);
        }
    }
}
