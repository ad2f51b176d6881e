using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = softmax(Q·Kᵀ/√D)·V of each head, from Q, K and V beside each other, a third of the columns each: what stands between the
/// two products of a Transformer's attention.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Heads">Heads, which divide each third.</param>
/// <param name="IsCausal">Whether a step sees itself and earlier ones alone; left out of JSON where not.</param>
/// <param name="Dropout">Share of the softmax that is dropped in training, in [0, 1); left out of JSON where nothing is.</param>
internal sealed record AttentionSpec(
    string Name,
    int Heads,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsCausal = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] float Dropout = 0) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => nameof(Attention);

    /// <inheritdoc/>
    internal override int SinceVersion => SequencesVersion;

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        int columns = NumbersOf(input).Columns;
        if (Heads < 1 || columns % (3L * Heads) != 0)
        {
            throw Refusal($"has {Heads} heads and gets {columns} columns; it must have at least 1, and three times a multiple of its heads "
                + "as columns, for queries, keys and values.");
        }

        return Dropout is >= 0 and < 1
            ? new SpecValue(input.Shape.WithColumns(columns / 3))
            : throw Refusal(string.Create(
                CultureInfo.InvariantCulture, $"drops {Dropout} of its softmax; the share must be at least 0 and below 1."));
    }

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Attention(Name, Heads, IsCausal, Dropout);

    /// <inheritdoc/>
    public override LayerSpec? InScoring() => this with { Dropout = 0 };

    /// <inheritdoc/>
    protected override string Text => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsCausal ? "Causal attention" : "Attention")} of {Heads} heads{(Dropout > 0 ? $", dropout {Dropout}" : "")}");
}

/// <summary>y = softmax(Q·Kᵀ/√D)·V of each head.</summary>
/// <param name="name">Unique name.</param>
/// <param name="heads">Heads.</param>
/// <param name="isCausal">Whether a step sees itself and earlier ones alone.</param>
/// <param name="dropout">Share of the softmax that is dropped in training.</param>
internal sealed class Attention(string name, int heads, bool isCausal = false, float dropout = 0) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Attention(name, x, heads, isCausal, dropout);
}
