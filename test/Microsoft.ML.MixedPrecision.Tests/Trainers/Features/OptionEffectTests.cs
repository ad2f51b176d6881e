using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Every option of every trainer, found by reflection, changes something, and survives JSON.</summary>
[TestClass]
public sealed class OptionEffectTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    private static readonly ConcurrentDictionary<TrainerCase, Lazy<OptionRun>> Unchanged = [];

    private static TrainerCase[] Tasks => [TrainerCase.Multiclass, TrainerCase.Binary, TrainerCase.Regression];

    public static IEnumerable<object[]> Options
        => Tasks.SelectMany(task => PropertiesOf(task).Select(property => (object[])[task, property.Name]));

    public static IEnumerable<object[]> All => Tasks.Select(task => (object[])[task]);

    [TestMethod]
    [DynamicData(nameof(Options))]
    internal void Fit_WithAChangedOption_ShowsIt(TrainerCase task, string option)
    {
        OptionRow row = Find(option);
        OptionRun plain = row.Before is null ? Unchanged.GetOrAdd(task, key => new(() => Run(key, _ => { }))).Value : Run(task, row.Before);

        OptionRun changed = Run(task, options =>
        {
            row.Before?.Invoke(options);
            row.Change(options);
        });

        if (row.Effect is null)
        {
            Assert.IsNull(changed.Error);
            Assert.IsFalse(changed.HasBitsOf(plain), $"{option} changes no bit of the weights");
        }
        else
        {
            Assert.IsTrue(row.Effect(plain, changed), $"{option} shows no effect; {changed.Error}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Json_OfChangedOptions_RestoresEveryValue(TrainerCase task)
    {
        foreach (PropertyInfo property in PropertiesOf(task))
        {
            MlpTrainerOptions options = task.Options(), plain = task.Options();
            Find(property.Name).Change(options);
            Assert.AreNotEqual(Text(property.GetValue(plain)), Text(property.GetValue(options)), property.Name);

            var restored = (MlpTrainerOptions)JsonSerializer.Deserialize(
                JsonSerializer.Serialize(options, options.GetType(), Json),
                options.GetType(),
                Json)!;

            bool isKept = property.GetCustomAttribute<JsonIgnoreAttribute>() is null;
            object fresh = Activator.CreateInstance(options.GetType())!;
            Assert.AreEqual(Text(property.GetValue(isKept ? options : fresh)), Text(property.GetValue(restored)), property.Name);
        }
    }

    [TestMethod]
    public void Table_OfOptions_HasNoRowWithoutAnOption()
        => CollectionAssert.AreEquivalent(
            Tasks.SelectMany(PropertiesOf).Select(property => property.Name).Distinct().ToArray(),
            OptionRow.Table.Select(row => row.Name).ToArray());

    [TestMethod]
    public void Constructor_OfRefusedOptionOfATask_SaysNameAndWhatIsAllowed()
    {
        Refuses(TrainerCase.Binary, options => options.PositiveClassWeight = 0f, "PositiveClassWeight is 0", "above 0");
        Refuses(TrainerCase.Binary, options => options.PositiveClassWeight = float.NaN, "PositiveClassWeight is NaN", "finite");
        Refuses(TrainerCase.Binary, options => options.LabelSmoothing = 1f, "LabelSmoothing is 1", "below 1");
        Refuses(TrainerCase.Regression, options => options.HuberDelta = 0f, "HuberDelta is 0", "above 0");
        Refuses(TrainerCase.Regression, options => options.HuberDelta = float.PositiveInfinity, "HuberDelta", "finite");
        Refuses(TrainerCase.Regression, options => options.Loss = (RegressionLoss)5, "Loss is 5", "SquaredError, Huber");
        Refuses(TrainerCase.Regression, options => options.Epochs = 0, "Epochs is 0", "at least 1");
    }

    [TestMethod]
    public void Fit_AfterClassWeightsAreChanged_UsesThoseOfItsCreation()
    {
        var weights = new Dictionary<string, float> { ["low"] = 2 };
        IDataView rows = TrainerCase.Multiclass.Prepared(Ml, Sample.Rows(60));
        var options = (MlpMulticlassTrainer.Options)TrainerCase.Multiclass.Options();
        options.ClassWeights = weights;
        IEstimator<ITransformer> trainer = TrainerCase.Multiclass.Trainer(Ml, options);
        uint[] before = TrainerCase.WeightsOf(trainer.Fit(rows));

        weights["low"] = 5;

        CollectionAssert.AreEqual(before, TrainerCase.WeightsOf(trainer.Fit(rows)));
    }

    private static void Refuses(TrainerCase task, Action<dynamic> change, params string[] parts)
    {
        MlpTrainerOptions options = task.Options();
        change(options);
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => task.Trainer(Ml, options));
        foreach (string part in parts)
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    private static OptionRow Find(string option) => OptionRow.Table.SingleOrDefault(row => row.Name == option)
        ?? throw new AssertFailedException($"The option {option} has no row in OptionRow.Table: add one that shows what it changes.");

    private static PropertyInfo[] PropertiesOf(TrainerCase task) => task.Options().GetType().GetProperties();

    private static OptionRun Run(TrainerCase task, Action<dynamic> change)
    {
        var ml = new MLContext(seed: 1);
        var lines = new ConcurrentQueue<string>();
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        try
        {
            MlpTrainerOptions options = task.Options();
            options.Epochs = 3;
            change(options);
            return new OptionRun(task.Fit(ml, options, task.Prepared(Ml, Sample.Rows(100))), null, [.. lines]);
        }
        catch (Exception e) when (e is ArgumentException or OperationCanceledException)
        {
            return new OptionRun(null, e, [.. lines]);
        }
    }

    private static string Text(object? value) => value switch
    {
        IDictionary pairs => string.Join(", ", pairs.Keys.Cast<string>().Order().Select(key => $"{key}: {pairs[key]}")),
        IEnumerable items and not string => string.Join(", ", items.Cast<object>()),
        CancellationToken token => $"{token.IsCancellationRequested}",
        _ => value?.ToString() ?? "null",
    };
}
