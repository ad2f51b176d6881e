using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>Tokens of a row of a table: one that is learned, one for each of the first columns of x, which are numbers, and one for each so
/// many of the others, which are cells such as embeddings of categories; see <see cref="FeatureTokensKernel"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">Columns that are numbers; 0 for none.</param>
/// <param name="Columns">Columns of a token, and of a cell.</param>
internal sealed record FeatureTokensSpec(string Name, int Count, int Columns) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(FeatureTokens);

    /// <inheritdoc/>
    internal override int SinceVersion => SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        Shape shape = NumbersOf(input);
        if (shape.IsSequence || Count < 0 || Columns < 1 || Count > shape.Columns || (shape.Columns - Count) % Columns != 0)
        {
            throw Refusal($"makes tokens of {Columns} columns of {Count} numbers and gets {input}; what is behind the numbers must be "
                + "cells of as many columns, and rows of an example as many in each.");
        }

        long rows = (long)shape.Rows * TokensOf(shape);
        return rows <= Array.MaxLength
            ? new SpecValue(new Shape((int)rows, Columns))
            : throw Refusal($"makes {rows} tokens; at most {Array.MaxLength} can be.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) =>
    [
        .. Count > 0 ? [new(Name + ".weight", Count, Columns)] : Array.Empty<StoredShape>(),
        new(Name + ".bias", TokensOf(input.Shape), Columns),
    ];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new FeatureTokens(Name, Count, TokensOf(input.Shape), Columns);

    /// <inheritdoc/>
    protected override string Text => $"FeatureTokens of {Count} numbers, {Columns}";

    /// <summary>Tokens of a row, T.</summary>
    private int TokensOf(Shape shape) => 1 + Count + ((shape.Columns - Count) / Columns);
}

/// <summary>Tokens of a row of a table; parameters are Float32 and do not decay.</summary>
internal sealed class FeatureTokens : Layer
{
    private readonly string _name;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="count">Numbers of a row.</param>
    /// <param name="tokens">Tokens of a row.</param>
    /// <param name="columns">Columns of a token.</param>
    public FeatureTokens(string name, int count, int tokens, int columns)
    {
        _name = name;
        Weight = count == 0 ? null : new Parameter(name + ".weight", count, columns, decays: false);
        Bias = new Parameter(name + ".bias", tokens, columns, decays: false);
    }

    /// <summary>What numbers are multiplied by: (n, d); null where there are none.</summary>
    public Parameter? Weight { get; }

    /// <summary>What is added to all tokens: (T, d).</summary>
    public Parameter Bias { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => Weight is null ? [Bias] : [Weight, Bias];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    /// <remarks>Uniform in ±1/√columns, as in the paper's implementation.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        double limit = 1 / Math.Sqrt(Bias.Columns);
        foreach (Parameter parameter in Parameters)
        {
            weights.FillUniform(parameter, limit);
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.FeatureTokens(_name, x, Weight, Bias);
}
