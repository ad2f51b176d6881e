using System.Diagnostics;
using System.Text.Json.Nodes;
using FastBertTokenizer;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>Texts a second of a pretrained encoder, from texts to vectors: EmbedText beside ONNX Runtime on the same weights.</summary>
internal static class EmbedCommand
{
    private const string Name = "embed";

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "texts a second from texts to vectors with all-MiniLM-L6-v2: EmbedText, on the CPU and on a card where one is, beside ONNX Runtime "
            + "on the CPU, text by text and in batches padded to their longest text; all on all cores; medians (Text/Data/fetch.sh and "
            + "pretrained.sh write the data)",
        [
            new("tables", "glosses,spam", "of spam (mails), glosses (WordNet)"),
            new("texts", "2000", "texts of a table at most"),
            new("tokens", "128", "tokens of a text at most"),
            new("batches", "1,32", "rows of ONNX Runtime's batches"),
            new("rounds", "3", "measurements of each"),
            new("card", "no", "yes: on the first card too"),
            new("data", "artifacts/text", "folder that the scripts wrote to"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        string folder = arguments.Text("data"), weights = Path.Combine(folder, "minilm");
        if (!File.Exists(Path.Combine(weights, "config.json")))
        {
            throw new UsageException($"There are no weights in '{weights}': run Text/Data/pretrained.sh, or name the folder with --data.");
        }

        int rounds = arguments.Number("rounds", 1, 1000), most = arguments.Number("tokens", 4, 512);
        var report = new Report(Console.Out,
        [
            new("table", "table"),
            new("system", "system"),
            new("texts", "texts"),
            new("tokens", "tokens"),
            new("seconds", "s", "F2"),
            new("texts_s", "texts/s", "F1"),
            new("difference", "largest difference", "E1"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        foreach (string table in arguments.List("tables", TextTable.Names))
        {
            TextRow[] rows = [.. TextTable.Read(table, folder, arguments.Number("texts", 1, 1_000_000), seed: 1).Train];
            using var runtime = new Peer(weights, most);
            long tokens = rows.Sum(row => (long)runtime.Ids(row.Text).Length);
            var systems = new List<(string Name, Func<float[][]> Run)> { ("ours cpu", Ours(weights, most, rows, ComputeDevice.Cpu)) };
            if (arguments.Text("card") == "yes")
            {
                systems.Add(("ours card", Ours(weights, most, rows, ComputeDevice.Cuda(0))));
            }

            systems.AddRange(arguments.Numbers("batches", 1, 1024).Select(
                batch => ($"onnxruntime {batch}", (Func<float[][]>)(() => runtime.Run(rows, batch)))));
            Measure(report, table, (rows.Length, tokens), rounds, systems);
        }

        return report.Finish();
    }

    private static Func<float[][]> Ours(string weights, int most, TextRow[] rows, ComputeDevice device)
    {
        var ml = new MLContext();
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        TextEmbeddingTransformer model = ml.MixedPrecision().Transforms.EmbedText(new TextEmbeddingEstimator.Options
        {
            Pretrained = PretrainedWeights.FromFolder(weights),
            MaxTokens = most,
            Normalize = false,
        }).Fit(data);
        model.ScoringDevice = device;
        return () => [.. model.Transform(data).GetColumn<float[]>("Embedding")];
    }

    /// <summary>In turns; the first round pays for just-in-time compilation.</summary>
    private static void Measure(
        Report report, string table, (int Texts, long Tokens) size, int rounds, List<(string Name, Func<float[][]> Run)> systems)
    {
        List<double>[] seconds = [.. systems.Select(_ => new List<double>())];
        var results = new float[systems.Count][][];
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < systems.Count; i++)
            {
                long started = Stopwatch.GetTimestamp();
                results[i] = systems[i].Run();
                if (round > 0)
                {
                    seconds[i].Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                }
            }
        }

        for (int i = 0; i < systems.Count; i++)
        {
            double median = Statistics.Median([.. seconds[i]]);
            report.Add(new JsonObject
            {
                ["kind"] = "measurement",
                ["table"] = table,
                ["system"] = systems[i].Name,
                ["texts"] = size.Texts,
                ["tokens"] = size.Tokens,
                ["seconds"] = Math.Round(median, 4),
                ["texts_s"] = Math.Round(size.Texts / median, 1),
                ["difference"] = results[0].Zip(results[i], (one, other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Max()).Max(),
            });
        }
    }

    /// <summary>ONNX Runtime, its ids by FastBertTokenizer.</summary>
    private sealed class Peer : IDisposable
    {
        private const int LongestText = 1_000_000;

        private readonly BertTokenizer _tokenizer = new();
        private readonly InferenceSession _session;
        private readonly int _most;

        public Peer(string weights, int most)
        {
            _most = most;
            _session = new InferenceSession(Path.Combine(weights, "model.onnx"));
            using var reader = new StreamReader(Path.Combine(weights, "vocab.txt"));
            _tokenizer.LoadVocabulary(reader, convertInputToLowercase: true);
        }

        /// <summary>The first tokens and the one that ends the text, as the model's own tokenizer cuts it.</summary>
        public long[] Ids(string text)
        {
            long[] all = _tokenizer.Encode(text, LongestText).InputIds.ToArray();
            return all.Length <= _most ? all : [.. all[..(_most - 1)], all[^1]];
        }

        public void Dispose() => _session.Dispose();

        public float[][] Run(TextRow[] rows, int batch)
            => [.. rows.Chunk(batch).SelectMany(chunk => Run([.. chunk.Select(row => Ids(row.Text))]))];

        private IEnumerable<float[]> Run(long[][] ids)
        {
            int longest = ids.Max(row => row.Length);
            int[] shape = [ids.Length, longest];
            long[] padded = [.. ids.SelectMany(row => row.Concat(new long[longest - row.Length]))];
            long[] mask = [.. ids.SelectMany(row => Enumerable.Range(0, longest).Select(t => t < row.Length ? 1L : 0))];
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(
            [
                NamedOnnxValue.CreateFromTensor("input_ids", new DenseTensor<long>(padded, shape)),
                NamedOnnxValue.CreateFromTensor("attention_mask", new DenseTensor<long>(mask, shape)),
                NamedOnnxValue.CreateFromTensor("token_type_ids", new DenseTensor<long>(new long[padded.Length], shape)),
            ]);
            var hidden = (DenseTensor<float>)outputs[0].AsTensor<float>();
            int width = hidden.Dimensions[2];
            var means = new float[ids.Length][];
            for (int row = 0; row < ids.Length; row++)
            {
                means[row] = new float[width];
                for (int t = 0; t < ids[row].Length; t++)
                {
                    ReadOnlySpan<float> step = hidden.Buffer.Span.Slice(((row * longest) + t) * width, width);
                    for (int i = 0; i < width; i++)
                    {
                        means[row][i] += step[i] / ids[row].Length;
                    }
                }
            }

            return means;
        }
    }
}
