using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>A network and its batch, as <c>peers/torch_baseline.py</c> defines them too.</summary>
/// <param name="Name">Name, the peer's too.</param>
/// <param name="Sizes">Features, width of each hidden layer, classes.</param>
/// <param name="Rows">Rows of a step.</param>
/// <param name="Activation">Behind each hidden layer.</param>
/// <param name="Normalization">Before it.</param>
/// <param name="Members">Members; 1 for a single network.</param>
/// <param name="MemberKind">What they have of their own.</param>
/// <param name="Encoder">Layers, heads and tokens of a Transformer, whose vocabulary, width and classes are the sizes; null for a
/// perceptron.</param>
internal sealed record Workload(
    string Name,
    IReadOnlyList<int> Sizes,
    int Rows,
    ActivationKind Activation,
    NormalizationKind Normalization,
    int Members = 1,
    MemberKind MemberKind = MemberKind.TabM,
    (int Layers, int Heads, int Tokens)? Encoder = null)
{
    private readonly Lazy<Network> _network = new(() => Encoder is { } encoder
        ? Started(Sizes, encoder)
        : Start(Sizes, Activation, Normalization, (Members, MemberKind)));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("mlp_small", [100, 512, 512, 10], 1024, ActivationKind.Relu, NormalizationKind.None),
        new("mlp_medium", [1024, 4096, 4096, 4096, 1000], 4096, ActivationKind.GeluErf, NormalizationKind.LayerNorm),
        new("mlp_large", [4096, 8192, 8192, 8192, 1000], 8192, ActivationKind.Relu, NormalizationKind.None),
        new("mlp_digits", [784, 256, 128, 10], 256, ActivationKind.Relu, NormalizationKind.None),
        new("mlp_tiny", [13, 64, 64, 2], 128, ActivationKind.Relu, NormalizationKind.None),
        new("tabm", [100, 512, 512, 512, 10], 256, ActivationKind.Relu, NormalizationKind.None, Members: 32),
        new(
            "independent",
            [100, 512, 512, 512, 10],
            256,
            ActivationKind.Relu,
            NormalizationKind.None,
            Members: 32,
            MemberKind.Independent),
        new("tabm_cpu", [100, 256, 256, 256, 10], 256, ActivationKind.Relu, NormalizationKind.None, Members: 8),
        new(
            "independent_cpu",
            [100, 256, 256, 256, 10],
            256,
            ActivationKind.Relu,
            NormalizationKind.None,
            Members: 8,
            MemberKind.Independent),
        Of("bert_tiny", 128, layers: 2, heads: 2, tokens: 64, rows: 32),
        Of("bert_small", 256, layers: 4, heads: 4, tokens: 64, rows: 128),
        Of("bert_base", 768, layers: 12, heads: 12, tokens: 128, rows: 64),
        Of("bert_long", 768, layers: 12, heads: 12, tokens: 512, rows: 32),
    ];

    /// <summary>A Transformer over texts, whose every row has as many tokens.</summary>
    private static Workload Of(string name, int width, int layers, int heads, int tokens, int rows) => new(
        name, [30000, width, 4], rows, ActivationKind.GeluErf, NormalizationKind.LayerNorm, Encoder: (layers, heads, tokens));

    /// <summary>The network with its starting weights, drawn once; a plan trains a copy.</summary>
    public Network StartedNetwork => _network.Value;

    /// <summary>Operations of a step's matrix products: two an element forward, four backward, less the first layer's input gradient, which
    /// nobody needs but members of TabM, for their factors of the features.</summary>
    public double FloatingPointOperations => Encoder is { } encoder
        ? 6.0 * Rows * encoder.Tokens * encoder.Layers * ((12.0 * Sizes[1] * Sizes[1]) + (2.0 * encoder.Tokens * Sizes[1]))
        : (6.0 * Rows * Members * Sizes.Zip(Sizes.Skip(1), (inputs, outputs) => (double)inputs * outputs).Sum())
            - (Members > 1 && MemberKind == MemberKind.TabM ? 0 : 2.0 * Rows * Members * Sizes[0] * Sizes[1]);

    /// <summary>Those that a command line asks for.</summary>
    public static IReadOnlyList<Workload> Named(Arguments arguments)
    {
        IReadOnlyList<string> names = arguments.List("work", [.. All.Select(workload => workload.Name)]);
        return [.. All.Where(workload => names.Contains(workload.Name))];
    }

    private static Network Started(IReadOnlyList<int> sizes, (int Layers, int Heads, int Tokens) encoder)
    {
        var network = new Network(new Transformer(
            new TokensInput(RowSchema.Features, encoder.Tokens, sizes[0]),
            encoder.Layers,
            sizes[1],
            encoder.Heads,
            4 * sizes[1],
            sizes[2]).ToSpec());
        network.Initialize(1);
        return network;
    }

    private static Network Start(
        IReadOnlyList<int> sizes, ActivationKind activation, NormalizationKind normalization, (int Count, MemberKind Kind) members)
    {
        int[] hidden = [.. sizes.Skip(1).SkipLast(1)];
        var network = new Network(
            new Perceptron(
                sizes[0],
                hidden,
                activation,
                sizes[^1],
                normalization,
                Members: members.Count,
                MemberKind: members.Kind,
                Average: MemberMeanKind.LogMeanSoftmax).ToSpec());
        if (members.Count > 1)
        {
            network.Initialize(1);
            return network;
        }

        var random = new Random(1);
        foreach (Parameter weight in network.Parameters.Where(parameter => parameter.Decays))
        {
            // He's range, but drawn faster than training draws: a step takes as long with either.
            float range = MathF.Sqrt(6f / weight.Columns);
            foreach (ref float value in weight.Values.AsSpan())
            {
                value = range * ((2 * random.NextSingle()) - 1);
            }
        }

        foreach (
            Parameter scale in network.Parameters.Where(parameter => parameter.Name.EndsWith(".norm.weight", StringComparison.Ordinal)))
        {
            scale.Values.AsSpan().Fill(1f);
        }

        return network;
    }
}
