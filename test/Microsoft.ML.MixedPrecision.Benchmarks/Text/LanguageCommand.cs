using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>A language model of the Brown corpus: perplexity of texts that it has not seen, and tokens that it writes a second.</summary>
internal static class LanguageCommand
{
    private const string Name = "language";
    private const string Contender = "gpt";
    private const int HeldOut = 10;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "a language model of the Brown corpus (Text/Data/brown.sh), a tenth of whose texts are held out: their perplexity, the time of "
            + "Fit, and tokens written a second behind short and long contexts; --ids writes the tokens for Text/Data/kneser_ney.py",
        [
            new("contenders", Contender, $"{Contender}, or {Contender}[Option=value;…] with options of the trainer, on the CPU unless "
                + "Device is one of them"),
            new("seeds", "1", "of the trainer"),
            new("sentences", "100", "sentences of a text"),
            new("texts", "100000", "texts to learn from at most"),
            new("ids", "", "folder to write train.txt and test.txt to: ids of the first contender's texts"),
            new("generate", "0", "tokens to write behind each context"),
            new("data", "artifacts/text", "folder that brown.sh wrote to"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var report = new Report(Console.Out,
        [
            new("contender", "contender"),
            new("seed", "seed"),
            new("tokens", "tokens"),
            new("perplexity", "perplexity", "F2"),
            new("seconds", "s of Fit", "F1"),
            new("device", "device"),
            new("epochs", "epochs"),
            new("evaluate_seconds", "s of Evaluate", "F1"),
            new("short_tokens_s", "tokens/s, short", "F0"),
            new("long_tokens_s", "tokens/s, long", "F0"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        (Passage[] train, Passage[] test) = Read(arguments);
        foreach (string contender in arguments.List("contenders"))
        {
            foreach (int seed in arguments.Numbers("seeds", 1, 1000))
            {
                var line = new JsonObject { ["kind"] = "measurement", ["contender"] = contender, ["seed"] = seed };
                report.Attempt(line, its => Measure(its, contender, seed, (train, test), arguments));
            }
        }

        return report.Finish();
    }

    private static (Passage[] Train, Passage[] Test) Read(Arguments arguments)
    {
        string file = Path.Combine(arguments.Text("data"), TaggedTable.Name + ".tsv");
        if (!File.Exists(file))
        {
            throw new UsageException($"There is no '{file}': run Text/Data/brown.sh, or name the folder with --data.");
        }

        Passage[] all = [.. File.ReadLines(file).Select(line => line.Split('\t', 2)[1])
            .Chunk(arguments.Number("sentences", 1, 100_000)).Select(sentences => new Passage { Text = string.Join(' ', sentences) })];
        return ([.. all.Where((_, i) => i % HeldOut != 0).Take(arguments.Number("texts", 1, 1_000_000))],
            [.. all.Where((_, i) => i % HeldOut == 0)]);
    }

    private static void Measure(
        JsonObject line, string contender, int seed, (Passage[] Train, Passage[] Test) texts, Arguments arguments)
    {
        IReadOnlyList<(string, string)> changes = OurTrainer.Changes(contender, Contender, typeof(LanguageModelTrainer.Options))
            ?? (contender == Contender ? [] : throw new UsageException(
                $"--contenders {contender}: write {Contender} or {Contender}[Option=value;Option=value]."));
        var ml = new MLContext(seed);
        LanguageModelTrainer trainer = ml.MixedPrecision().Trainers.LanguageModel(
            OurTrainer.Changed(new LanguageModelTrainer.Options(), changes));
        long started = Stopwatch.GetTimestamp();
        using LanguageModelTransformer model = trainer.Fit(ml.Data.LoadFromEnumerable(texts.Train));
        line["seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
        (line["device"], line["epochs"]) = (model.Training!.Device, model.Training.History.Count);
        line["vocabulary"] = model.Model.Classes;
        line["parameters"] = model.Model.Layers.ParameterCount;
        started = Stopwatch.GetTimestamp();
        LanguageModelMetrics metrics = model.Evaluate(ml.Data.LoadFromEnumerable(texts.Test));
        line["evaluate_seconds"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
        (line["tokens"], line["perplexity"]) = (metrics.TokenCount, Math.Round(metrics.Perplexity, 3));
        if (arguments.Text("ids") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            Write(model, texts.Train, Path.Combine(folder, "train.txt"));
            Write(model, texts.Test, Path.Combine(folder, "test.txt"));
        }

        Generate(line, model, arguments.Number("generate", 0, 10_000));
    }

    /// <summary>So many tokens from the beginning, and as many behind the longest text that leaves room for them.</summary>
    private static void Generate(JsonObject line, LanguageModelTransformer model, int tokens)
    {
        int most = model.Tokens.Limit.MaxTokens;
        if (tokens == 0 || 2 * tokens > most)
        {
            return;
        }

        using MixedPrecision.Scoring.DecodingSession session = model.Network.CreateDecodingSession();
        double Rate(int before)
        {
            session.Restart();
            for (int i = 0; i < before; i++)
            {
                session.Next(0);
            }

            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < tokens; i++)
            {
                session.Next(0);
            }

            return Math.Round(tokens / Stopwatch.GetElapsedTime(started).TotalSeconds, 1);
        }

        Rate(0);
        (line["short_tokens_s"], line["long_tokens_s"]) = (Rate(0), Rate(most - tokens));
        line["sample"] = model.Generate("The ", new GenerationOptions { MaxTokens = 40, Temperature = 0.8f, TopP = 0.9f, Seed = 1 });
    }

    private static void Write(LanguageModelTransformer model, Passage[] texts, string file)
    {
        var windows = new TokenWindows(model.Tokens.Tokenizer, int.MaxValue / 2);
        File.WriteAllLines(file, texts.Select(text =>
        {
            windows.Read(text.Text);
            return $"{windows.Read(0)[0]} {string.Join(' ', windows.Predicted(0).ToArray())}";
        }));
    }

    private sealed class Passage
    {
        public string Text { get; set; } = "";
    }
}
