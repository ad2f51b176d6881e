using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>One contender on one table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Contender">Who learns.</param>
/// <param name="Seed">Of split and trainer.</param>
/// <param name="Rows">Most rows to learn from.</param>
/// <param name="Folder">Where the tables are.</param>
internal sealed record TextTrial(string Table, string Contender, int Seed, int Rows, string Folder)
{
    private const int Digits = 5;

    /// <summary>Measures in a process of its own, which has nobody else's memory.</summary>
    public void RunApart(JsonObject line)
    {
        string[] arguments =
        [
            typeof(TextTrial).Assembly.Location, "text", "--process", "this", "--tables", Table, "--contenders", Contender,
            "--seeds", Seed.ToString(CultureInfo.InvariantCulture), "--rows", Rows.ToString(CultureInfo.InvariantCulture), "--data", Folder,
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        JsonObject measured = output.Split('\n').Where(text => text.StartsWith('{')).Select(text => JsonNode.Parse(text)!.AsObject())
            .Last(found => (string?)found["kind"] == "measurement");
        foreach ((string key, JsonNode? value) in measured)
        {
            line[key] = value?.DeepClone();
        }

        if (measured["error"] is { } error)
        {
            throw new InvalidOperationException((string?)error);
        }
    }

    /// <summary>Measures here.</summary>
    public void Run(JsonObject line)
    {
        if (Table == TaggedTable.Name)
        {
            new TaggedTrial(Contender, Seed, Rows, Folder).Run(line);
            return;
        }

        var ml = new MLContext(Seed);
        TextTable table = TextTable.Read(Table, Folder, Rows, Seed);
        IEstimator<ITransformer> preparation = ReadsTexts
            ? ml.Transforms.CopyColumns("Kept", nameof(TextRow.Text))
            : ml.Transforms.Text.FeaturizeText("Features", nameof(TextRow.Text));
        preparation = table.IsBinary
            ? preparation
            : preparation.Append(ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Kind)));
        ITransformer prepared = preparation.Fit(ml.Data.LoadFromEnumerable(table.Train));
        IDataView train = prepared.Transform(ml.Data.LoadFromEnumerable(table.Train));
        line["slots"] = (train.Schema.GetColumnOrNull("Features")?.Type as VectorDataViewType)?.Size;
        IEstimator<ITransformer> trainer = Trainer(ml, table.IsBinary);

        long before = PeakMemory.Begin();
        long allocated = GC.GetTotalAllocatedBytes(precise: true), started = Stopwatch.GetTimestamp();
        ITransformer model = trainer.Fit(train);
        line["seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
        long peak = PeakMemory.Read();
        line["mib"] = (peak - before) >> 20;
        line["peak_mib"] = peak >> 20;
        line["allocated_mib"] = (GC.GetTotalAllocatedBytes(precise: true) - allocated) >> 20;
        if (Training(model) is { } training)
        {
            line["device"] = training.Device;
            line["epochs"] = training.History.Count;
        }

        TableScore score = Judge.Score(
            ml,
            table.IsBinary ? Question.Binary : Question.Multiclass,
            model.Transform(prepared.Transform(ml.Data.LoadFromEnumerable(table.Test))));
        line["accuracy"] = Math.Round(score.Accuracy, Digits);
        line["auc"] = Math.Round(score.Auc, Digits);
        line["log_loss"] = Math.Round(score.LogLoss, Digits);
    }

    private IReadOnlyList<(string Option, string Value)>? Changes
        => OurTrainer.Changes(Contender, "transformer", typeof(TextClassificationTrainer.Options));

    private bool ReadsTexts => Contender.StartsWith("transformer", StringComparison.Ordinal);

    private static TrainingResult? Training(ITransformer model) => model switch
    {
        NetworkBinaryTransformer binary => binary.Training,
        NetworkMulticlassTransformer multiclass => multiclass.Training,
        _ => null,
    };

    private IEstimator<ITransformer> Trainer(MLContext ml, bool isBinary)
    {
        if (Contender == "sdca")
        {
            return isBinary
                ? ml.BinaryClassification.Trainers.SdcaLogisticRegression()
                : ml.MulticlassClassification.Trainers.SdcaMaximumEntropy();
        }

        if (ReadsTexts)
        {
            return Transformer(
                ml.MixedPrecision().Trainers, Changes ?? (Contender == "transformer" ? [] : throw Unknown()), isBinary);
        }

        IReadOnlyList<(string, string)> changes = OurTrainer.Changes(Contender) ?? (Contender == "ours" ? [] : throw Unknown());
        MixedPrecisionTrainersCatalog trainers = ml.MixedPrecision().Trainers;
        return isBinary
            ? trainers.MlpBinary(OurTrainer.Changed(new MlpBinaryTrainer.Options(), changes))
            : trainers.MlpMulticlass(OurTrainer.Changed(new MlpMulticlassTrainer.Options(), changes));
    }

    private UsageException Unknown()
        => new($"--contenders {Contender}: write sdca, ours, transformer, ours[Option=value;Option=value] or transformer[Option=value].");

    private static IEstimator<ITransformer> Transformer(
        MixedPrecisionTrainersCatalog trainers, IReadOnlyList<(string, string)> changes, bool isBinary) => isBinary
        ? trainers.TextBinary(OurTrainer.Changed(new TextBinaryTrainer.Options(), changes))
        : trainers.TextClassification(OurTrainer.Changed(new TextClassificationTrainer.Options(), changes));
}
