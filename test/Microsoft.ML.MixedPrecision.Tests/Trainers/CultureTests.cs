using System.Globalization;
using Microsoft.ML.MixedPrecision.Losses;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Messages are the same under a culture that writes −1.5 as U+061C, minus, 1, U+066B, 5, as Saudi Arabia's does.</summary>
[TestClass]
public sealed class CultureTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Refusals =>
    [
        .. MlpOptionsTests.Refused.Select(row => Row(() => Multiclass((Action<MlpMulticlassTrainer.Options>)row[1]))),
        Row(() => Multiclass(options => options.HiddenLayers = [-1])),
        Row(() => Multiclass(options => options.Activation = (ActivationKind)(-1))),
        Row(() => Multiclass(options => options.NumberOfThreads = -1)),
        Row(() => Multiclass(options => options.ClassWeights = new Dictionary<string, float> { ["red"] = -1.5f })),
        Row(() => Ml.MixedPrecision().Trainers.MlpBinary(new MlpBinaryTrainer.Options { PositiveClassWeight = -1.5f })),
        Row(() => Ml.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options { HuberDelta = -1.5f })),
        Row(() => Ml.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options { Loss = (RegressionLoss)(-1) })),
        Row(() => PrecisionPolicy.Float32.With((OperationKind)(-1), NumericFormat.Float16)),
        Row(() => PrecisionPolicy.Float32.WithLayer("output", (NumericFormat)(-1))),
        Row(() => PrecisionPolicy.Float32.WithWeightUpdate((WeightUpdate)(-1))),
        Row(() => LossScaling.Static(-1.5f)),
        Row(() => LossScaling.Dynamic(initialScale: 0.5f)),
        Row(() => LossScaling.Dynamic(growthInterval: -1)),
        Row(() => ComputeDevice.Cuda(-1)),
        Row(() => Fit(
            rows => rows[5].Features[1] = -1e6f,
            options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.MixedFloat16, FeatureScaling.None))),
        Row(() => Fit(rows => rows[5].Features[1] = float.NegativeInfinity)),
        Row(() => Fit(rows => rows[5].Weight = -1.5f, options => options.ExampleWeightColumnName = "Weight")),
        Row(() => Fit(
            rows => rows[5].Weight = 1e30f,
            options => (options.ExampleWeightColumnName, options.ClassWeights) =
                ("Weight", Blob.Kinds.ToDictionary(kind => kind, _ => 1e30f)))),
        Row(() => Fitted().WithThreshold(-0.5f)),
    ];

    [TestMethod]
    [DynamicData(nameof(Refusals))]
    public void Refusal_UnderAnotherCulture_SaysTheSame(Action refused)
        => Assert.AreEqual(
            Under(CultureInfo.InvariantCulture, () => Assert.Throws<Exception>(refused).Message),
            Under(Arabic, () => Assert.Throws<Exception>(refused).Message));

    [TestMethod]
    public void Text_OfLossesPoliciesAndTimings_IsTheSame()
    {
        string Texts() => string.Join(
            '\n',
            new CrossEntropyLoss(0.25f).Name,
            new BinaryCrossEntropyLoss(0.25f).Name,
            new HuberLoss(1.5f).Name,
            LossScaling.Dynamic(1.5f).ToString(),
            new TrainingTimings { Reading = TimeSpan.FromSeconds(1.5) }.ToString());

        Assert.AreEqual(Under(CultureInfo.InvariantCulture, Texts), Under(Arabic, Texts));
    }

    [TestMethod]
    public void ToString_OfTimings_IsReadable()
    {
        var timings = new TrainingTimings { Reading = TimeSpan.FromMilliseconds(12.4), Training = TimeSpan.FromSeconds(90.5) };

        Assert.AreEqual("reading 0.012 s, staging 0 s, training 90.5 s", timings.ToString());
    }

    [TestMethod]
    [DataRow(typeof(OperationKind))]
    [DataRow(typeof(NumericFormat))]
    public void Refusal_OfAnUndefinedKind_SaysNumberAndNames(Type type)
    {
        string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => PrecisionPolicy.Float32.With(
                (OperationKind)(type == typeof(OperationKind) ? 99 : 0),
                (NumericFormat)(type == typeof(NumericFormat) ? 99 : 0))).Message;

        StringAssert.StartsWith(message, $"99 is no {type.Name}: use {string.Join(", ", Enum.GetNames(type))}.");
    }

    private static CultureInfo Arabic
    {
        get
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (
                culture.NumberFormat.NegativeSign,
                culture.NumberFormat.NumberDecimalSeparator,
                culture.NumberFormat.NumberGroupSeparator) = ("\u061C-", "\u066B", "\u066C");
            return culture;
        }
    }

    private static string Under(CultureInfo culture, Func<string> text)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = culture;
        try
        {
            return text();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static void Multiclass(Action<MlpMulticlassTrainer.Options> change)
    {
        var options = new MlpMulticlassTrainer.Options();
        change(options);
        Ml.MixedPrecision().Trainers.MlpMulticlass(options);
    }

    private static void Fit(Action<Blob[]> spoil, Action<MlpMulticlassTrainer.Options>? change = null)
    {
        Blob[] blobs = Blob.Rows(60);
        spoil(blobs);
        IDataView all = Ml.Data.LoadFromEnumerable(blobs);
        IDataView keys = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(all).Transform(all);
        Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(change)).Fit(keys);
    }

    private static NetworkBinaryTransformer Fitted()
    {
        IDataView rows = Ml.Transforms.Expression("Label", "x => x > 20", "Number")
            .Fit(Ml.Data.LoadFromEnumerable(Blob.Rows(40)))
            .Transform(Ml.Data.LoadFromEnumerable(Blob.Rows(40)));
        return Ml.MixedPrecision().Trainers.MlpBinary(new MlpBinaryTrainer.Options { HiddenLayers = [], Epochs = 1 }).Fit(rows);
    }

    private static object[] Row(Action refused) => [refused];
}
