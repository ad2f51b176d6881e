using System.Globalization;
using System.Text.Json;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>
/// RealMLP step by step beside PyTorch: 60 steps of the networks, rows and starting values of Golden/realmlp.json, which
/// Golden/record_realmlp.py has recorded in binary64 from the paper's formulas in their own terms, V and √d.
/// </summary>
[TestClass]
public sealed class RealMlpTwinTests
{
    private static readonly JsonDocument Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Networks", "Golden", "realmlp.json")));

    public static IEnumerable<object[]> Cases
        => Golden.RootElement.GetProperty("cases").EnumerateArray().Select(item => (object[])[item.GetProperty("name").GetString()!]);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Steps_OfRealMlp_FollowPyTorch(string name)
    {
        JsonElement item = Golden.RootElement.GetProperty("cases").EnumerateArray().Single(
            item => item.GetProperty("name").GetString() == name);
        double[] losses = Numbers(item, "losses"), scores = Numbers(item, "scores");
        double[] drifts = Drifts(losses, Numbers(item, "losses32"));
        using var device = new CpuDevice(2);
        Network network = CreateNetwork(item);
        using RowStore store = Store(device, item);
        using var plan = new TrainingPlan(network, Settings(item, losses.Length), device);
        int[] rows = [.. Enumerable.Range(0, store.Rows)];
        for (int step = 0; step < losses.Length; step++)
        {
            plan.Step(store, rows, item.GetProperty("rate").GetSingle());

            // Courses part slowly, since Adam divides gradients by their own size: a few times as far as PyTorch's own Float32 has come
            // from its binary64, and the rounding of a loss.
            Assert.AreEqual(losses[step], plan.State.Loss, (8 * drifts[step]) + (1e-6 * Math.Max(1, losses[step])), $"step {step}");
        }

        plan.Parameters.Store();
        float[] actual = Scores(network, item);
        double drift = Drifts(scores, Numbers(item, "scores32"))[^1];
        for (int i = 0; i < scores.Length; i++)
        {
            Assert.AreEqual(scores[i], actual[i], (8 * drift) + 1e-5, $"score {i}");
        }

        Assert.IsLessThan(0.05, drifts[^1], "the test needs courses that stay together");
    }

    /// <summary>The largest difference so far.</summary>
    private static double[] Drifts(double[] exact, double[] rounded)
    {
        double largest = 0;
        return [.. exact.Zip(rounded, (a, b) => largest = Math.Max(largest, Math.Abs(a - b)))];
    }

    private static ParameterRules Rules => new()
    {
        Parametrization = Parametrization.NeuralTangent,
        BiasRate = 0.1f,
        ScaleRate = 6,
        ZeroOutput = true,
    };

    private static int Features => Golden.RootElement.GetProperty("features").GetInt32();

    private static Network CreateNetwork(JsonElement item)
    {
        bool embedded = item.GetProperty("embedded").GetBoolean(), parametric = item.GetProperty("parametric").GetBoolean();
        var network = new Network(new Perceptron(
            Features,
            [16, 16, 16],
            Enum.Parse<ActivationKind>(item.GetProperty("function").GetString()!),
            item.GetProperty("outputs").GetInt32(),
            Embedding: embedded ? NumericEmbedding.Periodic : NumericEmbedding.None,
            ScaleLayer: true,
            Parametric: parametric).ToSpec());
        network.Initialize(1, Rules);
        Rules.Apply(network);
        JsonElement start = item.GetProperty("start");
        foreach (Parameter parameter in network.Parameters)
        {
            double[] values = Numbers(start, TwinOf(parameter.Name, embedded ? 1 : 0));
            double divisor = parameter.Role == ParameterRole.Weight ? Math.Sqrt(parameter.Columns) : 1;
            Assert.HasCount(parameter.Values.Length, values, parameter.Name);
            for (int i = 0; i < values.Length; i++)
            {
                parameter.Values[i] = (float)(values[i] / divisor);
            }
        }

        return network;
    }

    /// <summary>The same in the list of PyTorch's modules: the embedding, if there is one, the scale, then products and activations in
    /// turn.</summary>
    private static string TwinOf(string name, int first)
    {
        string[] parts = name.Split('.');
        string last = parts[^1];
        return parts[0] switch
        {
            "embedding" => "0." + last switch { "weight" => "weights", "bias" => "biases", _ => last },
            "scale" => $"{first}.scale",
            "output" => $"{first + 7}.{last}",
            _ => parts[2] == "activation" ? $"{Hidden(parts) + 1}.share" : $"{Hidden(parts)}.{last}",
        };

        int Hidden(string[] parts) => first + 1 + (2 * int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static RowStore Store(CpuDevice device, JsonElement item)
    {
        double[] x = Numbers(item, "x"), y = Numbers(item, "y");
        bool isClass = IsClass(item);
        var store = new RowStore(device, NumericFormat.Float32, Features, hasWeights: false, isClass ? null : 1);
        for (int row = 0; row < y.Length; row++)
        {
            float[] features = [.. x.AsSpan(row * Features, Features).ToArray().Select(value => (float)value)];
            if (isClass)
            {
                store.Append(features, (int)y[row], 1);
            }
            else
            {
                store.Append(features, [(float)y[row]], 1);
            }
        }

        return store;
    }

    private static PlanSettings Settings(JsonElement item, int steps)
    {
        LossScaleRule rule = LossScaling.None.Resolve(PrecisionPolicy.Float32);
        var adam = new OptimizerSettings(OptimizerKind.AdamW, item.GetProperty("decay").GetSingle(), 0.9f, 0.95f, 1e-8f, 0, false);
        return new PlanSettings(PrecisionPolicy.Float32, rule, adam, Golden.RootElement.GetProperty("rows").GetInt32())
        {
            Schedule = RateSchedule.Create(LearningRateSchedule.CosLog, steps, 0, 0),
            Regularization = new RegularizationCourse(steps),
            Loss = LossOf(item),
        };
    }

    private static float[] Scores(Network network, JsonElement item)
    {
        float[] x = [.. Numbers(item, "x").Select(value => (float)value)];
        int rows = x.Length / Features;
        using var scorer = new Scorer(network, threads: 1, softmax: false);
        using ScoringSession session = scorer.CreateSession(rows);
        var scores = new float[rows * network.Outputs];
        session.Run(x, rows, scores);
        return scores;
    }

    private static bool IsClass(JsonElement item) => item.GetProperty("outputs").GetInt32() > 1;

    private static Loss LossOf(JsonElement item) => IsClass(item) ? new CrossEntropyLoss() : new SquaredErrorLoss();

    private static double[] Numbers(JsonElement item, string name)
        => [.. item.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
}
