using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>One contender on the sentences with a tag for each word: the most frequent tag of each word, or a trainer of token
/// labels.</summary>
/// <param name="Contender">Who learns.</param>
/// <param name="Seed">Of split and trainer.</param>
/// <param name="Rows">Most sentences to learn from.</param>
/// <param name="Folder">Where they are.</param>
internal sealed record TaggedTrial(string Contender, int Seed, int Rows, string Folder)
{
    private const int Digits = 5;
    private const string MostFrequent = "most_frequent";
    private const string Tokens = "tokens";

    /// <summary>Measures: accuracy is the share of the test's words.</summary>
    public void Run(JsonObject line)
    {
        TaggedTable table = TaggedTable.Read(Folder, Rows, Seed);
        string[][] baseline = table.MostFrequentTags();
        line["words"] = table.Test.Sum(row => row.Words.Length);
        line["most_frequent"] = Math.Round(table.Accuracy(baseline), Digits);
        string[][] predicted = Contender == MostFrequent ? baseline : Predict(table, line);
        line["accuracy"] = Math.Round(table.Accuracy(predicted), Digits);
    }

    private string[][] Predict(TaggedTable table, JsonObject line)
    {
        IReadOnlyList<(string, string)> changes = OurTrainer.Changes(Contender, Tokens, typeof(TokenClassificationTrainer.Options))
            ?? (Contender == Tokens ? [] : throw new UsageException(
                $"--contenders {Contender}: of {TaggedTable.Name} write {MostFrequent}, {Tokens} or {Tokens}[Option=value;Option=value]."));
        var ml = new MLContext(Seed);
        var options = new TokenClassificationTrainer.Options { LabelColumnName = nameof(TaggedRow.Tags) };
        IEstimator<ITransformer> pipeline = ml.Transforms.Conversion.MapValueToKey(nameof(TaggedRow.Tags))
            .Append(ml.MixedPrecision().Trainers.TokenClassification(OurTrainer.Changed(options, changes)))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        IDataView train = ml.Data.LoadFromEnumerable(table.Train);

        long before = PeakMemory.Begin(), started = Stopwatch.GetTimestamp();
        ITransformer model = pipeline.Fit(train);
        line["seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
        long peak = PeakMemory.Read();
        (line["mib"], line["peak_mib"]) = ((peak - before) >> 20, peak >> 20);
        (line["device"], line["epochs"]) = (model.GetTraining()?.Device, model.GetTraining()?.History.Count);
        long scored = Stopwatch.GetTimestamp();
        string[][] predicted = [.. model.Transform(ml.Data.LoadFromEnumerable(table.Test)).GetColumn<string[]>("PredictedLabel")];
        line["scoring_seconds"] = Math.Round(Stopwatch.GetElapsedTime(scored).TotalSeconds, 1);
        return predicted;
    }
}
