using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="MlpTrainerOptions.Members"/>, from training to every way to score.</summary>
[TestClass]
public sealed class MembersTests
{
    private const int Members = 4;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Task × kind.</summary>
    public static IEnumerable<object[]> Kinds
        => from task in TrainerCase.All
           from kind in Enum.GetValues<MemberKind>()
           select new object[] { task[0], kind };

    /// <summary>Task × kind × policy.</summary>
    public static IEnumerable<object[]> Policies
        => from row in Kinds
           from policy in new[] { "float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16" }
           select new object[] { row[0], row[1], policy };

    /// <summary>Kind × format × operators.</summary>
    public static IEnumerable<object[]> Files
        => from row in Kinds
           from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
           from set in Enum.GetValues<OnnxOperatorSet>()
           select new object[] { row[0], row[1], format, set };

    /// <summary>Scores are what the formulas make of the model's own weights: mean probabilities of classes, their logit for yes or no, and
    /// means of numbers in units of the label.</summary>
    [TestMethod]
    [DynamicData(nameof(Kinds))]
    internal void Transform_OfMembers_IsTheirMean(TrainerCase task, MemberKind kind)
    {
        ITransformer model = Fit(task, kind, options => options.FeatureScaling = FeatureScaling.None);
        IDataView unseen = task.Prepared(Ml, Sample.Rows(50, seed: 5));

        float[][] scores = ScoredRows.ScoresOf(model.Transform(unseen)), features = [.. unseen.GetColumn<float[]>("Features")];

        Network network = TrainerCase.NetworkOf(model).Network;
        var reference = new MemberReference(2, ActivationKind.Relu, Members);
        reference.Take(network);
        MemberMeanKind average = ((MemberMeanSpec)network.Spec.Layers[^1]).Average;
        for (int row = 0; row < features.Length; row++)
        {
            double[] expected = reference.Output(average, Array.ConvertAll(features[row], value => (double)value));
            expected = average == MemberMeanKind.LogMeanSoftmax ? [.. expected.Select(Math.Exp)] : expected;
            for (int j = 0; j < expected.Length; j++)
            {
                Assert.AreEqual(expected[j], scores[row][j], 2e-5 * Math.Max(1, Math.Abs(expected[j])), $"row {row}, score {j}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Policies))]
    internal void Fit_OfMembers_LearnsUnderEveryPolicy(TrainerCase task, MemberKind kind, string policy)
    {
        ITransformer model = Fit(task, kind, options => options.Precision = PrecisionPolicy.Parse(policy));

        Assert.IsGreaterThan(task.GoodQuality - 0.05, task.Quality(Ml, model.Transform(task.Prepared(Ml, Sample.Rows(200, seed: 3)))));
    }

    /// <summary>What validation measures is what scoring answers.</summary>
    [TestMethod]
    [DataRow(MemberKind.TabM)]
    [DataRow(MemberKind.Mini)]
    [DataRow(MemberKind.Independent)]
    public void Fit_OfMembers_ValidatesTheEnsemble(MemberKind kind)
    {
        TrainerCase task = TrainerCase.Multiclass;
        IDataView held = task.Prepared(Ml, Sample.Rows(150, seed: 4));
        ITransformer model = Fit(task, kind, options => (options.ValidationSet, options.EarlyStoppingPatience) = (held, 0));

        double accuracy = task.Quality(Ml, model.Transform(held));
        Assert.AreEqual(accuracy, TrainerCase.TrainingOf(model).History[^1].ValidationAccuracy!.Value, 1e-9);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    internal void Model_Loaded_HasTheSameBits(TrainerCase task, MemberKind kind)
    {
        ITransformer model = task.Pipeline(Ml, options => Change(options, kind)).Fit(Ml.Data.LoadFromEnumerable(Sample.Rows(200)));
        IDataView unseen = Ml.Data.LoadFromEnumerable(Sample.Rows(70, seed: 3));
        float[][] bulk = ScoredRows.Of(model.Transform(unseen));

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(loaded.Transform(unseen)));
        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(task.Predict(Ml, model, Sample.Rows(70, seed: 3))));
        Assert.AreEqual(5, TrainerCase.NetworkOf(loaded).Network.Spec.Version);
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    internal void ExportToOnnx_OfMembers_ScoresAsTheModelDoes(TrainerCase task, MemberKind kind, NumericFormat format, OnnxOperatorSet set)
    {
        ITransformer model = Fit(task, kind);
        IDataView unseen = task.Prepared(Ml, Sample.Rows(200, seed: 3));
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model, unseen, stream, new OnnxExportOptions { Format = format, OperatorSet = set });

        double tolerance = format switch { NumericFormat.Float32 => 5e-6, NumericFormat.Float16 => 6e-3, _ => 4e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(stream.ToArray()));
    }

    /// <summary>Going on from a model takes up its members; another number of them is another network.</summary>
    [TestMethod]
    [DynamicData(nameof(Kinds))]
    internal void Fit_FromAModelOfMembers_GoesOn(TrainerCase task, MemberKind kind)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(200));
        ITransformer first = task.Fit(Ml, train, options => Change(options, kind));
        ITransformer again = task.Fit(
            Ml,
            task.Options(options => (Change(options, kind).Epochs, options.LearningRate) = (1, 1e-9f)),
            train,
            previous: first);

        float[][] before = ScoredRows.ScoresOf(first.Transform(train)), after = ScoredRows.ScoresOf(again.Transform(train));
        foreach ((float one, float other) in before.SelectMany(row => row).Zip(after.SelectMany(row => row)))
        {
            Assert.AreEqual(one, other, 1e-4 * Math.Max(1, Math.Abs(one)));
        }

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Options(options => Change(options, kind).Members = Members + 1), train, previous: first));
        string factors = kind == MemberKind.Independent ? " without factors, " : ", ";
        StringAssert.Contains(error.Message, $"MemberSpread {Members}{factors}");
        StringAssert.Contains(error.Message, $"MemberSpread {Members + 1}{factors}");
    }

    private static ITransformer Fit(TrainerCase task, MemberKind kind, Action<MlpTrainerOptions>? change = null)
    {
        Sample[] rows = Sample.Rows(400);
        return task.Fit(Ml, task.Prepared(Ml, rows), options =>
        {
            Change(options, kind);
            change?.Invoke(options);
        });
    }

    private static MlpTrainerOptions Change(MlpTrainerOptions options, MemberKind kind)
    {
        (options.Members, options.MemberKind, options.HiddenLayers) = (Members, kind, [16, 16]);
        return options;
    }
}
