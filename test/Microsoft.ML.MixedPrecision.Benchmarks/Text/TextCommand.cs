using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>Texts by FeaturizeText: ours beside SDCA, in quality, time and memory.</summary>
internal static class TextCommand
{
    private const string Name = "text";
    private const string Here = "this";

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "mails and glosses (Text/Data/fetch.sh writes them) by FeaturizeText with its defaults: SDCA and ours, on the same rows; accuracy, "
            + "area under the curve, log-loss, time of Fit and the memory that it takes, each in a process of its own; and tags of words, "
            + "ours beside the most frequent one of each word (Text/Data/brown.sh)",
        [
            new("tables", "spam,glosses", "of spam (mails, yes or no), glosses (WordNet, 25 classes), brown (sentences, a tag a word)"),
            new("contenders", "sdca,ours", "sdca, ours, transformer (on the texts themselves), or ours[Option=value;…] and "
                + "transformer[…] with options of the trainers, on the CPU unless Device is one of them; of brown most_frequent, tokens or "
                + "tokens[…]"),
            new("seeds", "1,2,3", "of the split and the trainers"),
            new("rows", "10000", "rows to learn from at most; a quarter of all is the test in any case"),
            new("data", "artifacts/text", "folder that fetch.sh wrote the texts to"),
            new("process", "own", $"own: each measurement in a process of its own; {Here}: all in this one"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var report = new Report(Console.Out,
        [
            new("table", "table"),
            new("contender", "contender"),
            new("seed", "seed"),
            new("slots", "slots"),
            new("accuracy", "accuracy", "F4"),
            new("auc", "AUC", "F4"),
            new("log_loss", "log-loss", "F4"),
            new("seconds", "s of Fit", "N1"),
            new("device", "device"),
            new("epochs", "epochs"),
            new("mib", "MiB that Fit adds"),
            new("peak_mib", "MiB at its peak"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        bool isHere = arguments.Text("process") == Here;
        foreach (string table in arguments.List("tables", [.. TextTable.Names, TaggedTable.Name]))
        {
            foreach (int seed in arguments.Numbers("seeds", 1, 1000))
            {
                foreach (string contender in arguments.List("contenders"))
                {
                    var trial = new TextTrial(
                        table, contender, seed, arguments.Number("rows", 1, 1_000_000), arguments.Text("data"));
                    var line = new JsonObject
                    {
                        ["kind"] = "measurement",
                        ["table"] = table,
                        ["contender"] = contender,
                        ["seed"] = seed,
                    };
                    report.Attempt(line, line => (isHere ? (Action<JsonObject>)trial.Run : trial.RunApart)(line));
                }
            }
        }

        return report.Finish();
    }
}
