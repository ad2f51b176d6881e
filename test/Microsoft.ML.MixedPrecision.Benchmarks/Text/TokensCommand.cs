using System.Diagnostics;
using System.Text.Json.Nodes;
using FastBertTokenizer;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>Tokens a second of one thread, ours beside FastBertTokenizer on one vocabulary, and training of vocabularies.</summary>
internal static class TokensCommand
{
    private const string Name = "tokens";
    private const string Train = "train";

    private static readonly string[] Trained = ["wordpiece", "words", "characters"];

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "tokens a second of one thread on bert-base-uncased's vocabulary, ours with and without places beside FastBertTokenizer, in turns; "
            + "seconds to train vocabularies; medians (Text/Data/fetch.sh and pretrained.sh write the data)",
        [
            new("tables", "spam,glosses", "of spam (mails), glosses (WordNet)"),
            new("texts", "70000", "texts of a table at most"),
            new("rounds", "5", "measurements of each"),
            new("data", "artifacts/text", "folder that the scripts wrote to"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        string folder = arguments.Text("data");
        int rounds = arguments.Number("rounds", 1, 1000);
        var report = new Report(Console.Out,
        [
            new("table", "table"),
            new("system", "tokenizer"),
            new("texts", "texts"),
            new("tokens", "tokens"),
            new("seconds", "s", "F3"),
            new("tokens_s", "tokens/s"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        foreach (string table in arguments.List("tables", TextTable.Names))
        {
            string[] texts = Read(Path.Combine(folder, table + ".tsv"), arguments.Number("texts", 1, int.MaxValue));
            string vocabulary = Path.Combine(folder, "vocab.txt");
            if (!File.Exists(vocabulary))
            {
                throw new UsageException($"There is no '{vocabulary}': run Text/Data/pretrained.sh, or name the folder with --data.");
            }

            Encode(report, table, texts, rounds, vocabulary);
            foreach (string name in Trained)
            {
                Measure(report, table, texts.Length, rounds, [($"{Train} {name}", () => Learn(name, texts))]);
            }
        }

        return report.Finish();
    }

    private static string[] Read(string file, int most)
        => File.Exists(file)
            ? [.. File.ReadLines(file).Take(most).Select(line => line.Split('\t', 2)[1])]
            : throw new UsageException($"There is no '{file}': run Text/Data/fetch.sh, or name the folder with --data.");

    private static void Encode(Report report, string table, string[] texts, int rounds, string vocabulary)
    {
        Tokenizer ours = new VocabularyTrainer(TextTokenizer.FromFile(vocabulary)).Train();
        var other = new BertTokenizer();
        using (var reader = new StreamReader(vocabulary))
        {
            other.LoadVocabulary(reader, convertInputToLowercase: true);
        }

        var ids = new List<int>();
        var spans = new List<TokenSpan>();
        long[] row = new long[(2 * texts.Max(text => text.Length)) + 2], mask = new long[row.Length];
        Measure(report, table, texts.Length, rounds,
        [
            ("ours", () => Sum(texts, text => Clear(ids, spans).Encode(text, ids))),
            ("ours with places", () => Sum(texts, text => Clear(ids, spans).Encode(text, ids, spans))),
            ("FastBertTokenizer", () => Sum(texts, text => other.Encode(text, row, mask) - 2)),
        ]);

        Tokenizer Clear(List<int> some, List<TokenSpan> others)
        {
            some.Clear();
            others.Clear();
            return ours;
        }
    }

    private static long Sum(string[] texts, Func<string, int> encode)
    {
        long tokens = 0;
        foreach (string text in texts)
        {
            tokens += encode(text);
        }

        return tokens;
    }

    private static long Learn(string name, string[] texts)
    {
        var trainer = new VocabularyTrainer(TextTokenizer.Parse(name));
        foreach (string text in texts)
        {
            trainer.Add(text);
        }

        return trainer.Train().Count;
    }

    /// <summary>In turns; the first round pays for just-in-time compilation.</summary>
    private static void Measure(Report report, string table, int texts, int rounds, (string Name, Func<long> Run)[] systems)
    {
        List<double>[] seconds = [.. systems.Select(_ => new List<double>())];
        var tokens = new long[systems.Length];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < systems.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                tokens[i] = systems[i].Run();
                if (round > 0)
                {
                    seconds[i].Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                }
            }
        }

        for (int i = 0; i < systems.Length; i++)
        {
            double median = Statistics.Median([.. seconds[i]]);
            bool isTraining = systems[i].Name.StartsWith(Train, StringComparison.Ordinal);
            report.Add(new JsonObject
            {
                ["kind"] = "measurement",
                ["table"] = table,
                ["system"] = systems[i].Name,
                ["texts"] = texts,
                ["tokens"] = tokens[i],
                ["seconds"] = Math.Round(median, 4),
                ["tokens_s"] = isTraining ? null : Math.Round(tokens[i] / median),
            });
        }
    }
}
