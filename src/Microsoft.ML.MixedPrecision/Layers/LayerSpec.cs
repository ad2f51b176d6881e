using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>
/// A layer as data: what files keep of it beside its numbers. It knows its output and what it will store before any of it is made; sizes
/// that follow from the input are not in it. A new layer is a file with its record and its <see cref="Layer"/>, and a line here.
/// </summary>
/// <param name="Name">Unique in the network: letters, digits and <c>. _ -</c>; <c>layer3.conv1</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "layer")]
[JsonDerivedType(typeof(ActivationSpec), "activation")]
[JsonDerivedType(typeof(AttentionSpec), "attention")]
[JsonDerivedType(typeof(BatchNormSpec), "batchNorm")]
[JsonDerivedType(typeof(CategoryEmbeddingSpec), "categoryEmbedding")]
[JsonDerivedType(typeof(DropoutSpec), "dropout")]
[JsonDerivedType(typeof(EmbeddingSpec), "embedding")]
[JsonDerivedType(typeof(EmbeddingBagSpec), "embeddingBag")]
[JsonDerivedType(typeof(EnsembleSpec), "ensemble")]
[JsonDerivedType(typeof(FeatureScaleSpec), "featureScale")]
[JsonDerivedType(typeof(FeatureTokensSpec), "featureTokens")]
[JsonDerivedType(typeof(LayerNormSpec), "layerNorm")]
[JsonDerivedType(typeof(LinearSpec), "linear")]
[JsonDerivedType(typeof(MemberLinearSpec), "memberLinear")]
[JsonDerivedType(typeof(MemberMeanSpec), "memberMean")]
[JsonDerivedType(typeof(MemberScaleSpec), "memberScale")]
[JsonDerivedType(typeof(MemberSpreadSpec), "memberSpread")]
[JsonDerivedType(typeof(ParametricActivationSpec), "parametricActivation")]
[JsonDerivedType(typeof(PeriodicEmbeddingSpec), "periodicEmbedding")]
[JsonDerivedType(typeof(PiecewiseLinearSpec), "piecewiseLinear")]
[JsonDerivedType(typeof(PoolingSpec), "pooling")]
[JsonDerivedType(typeof(PositionsSpec), "positions")]
[JsonDerivedType(typeof(ResidualSpec), "residual")]
[JsonDerivedType(typeof(TiedLinearSpec), "tiedLinear")]
internal abstract record LayerSpec([property: JsonPropertyOrder(-1)] string Name)
{
    /// <summary>The first version of model files that hold layers as these records.</summary>
    internal const int FirstVersion = 4;

    /// <summary>The first version that holds layers of members.</summary>
    internal const int MembersVersion = 5;

    /// <summary>The first version that holds embeddings of numbers, scale layers and parametric activations.</summary>
    internal const int TablesVersion = 5;

    /// <summary>The first version that holds sequences of tokens, and layers that look at whole ones.</summary>
    internal const int SequencesVersion = 6;

    /// <summary>What it is, for tables: <c>Linear</c>, <c>Relu</c>. Not public, so that JSON neither has it nor takes it.</summary>
    internal abstract string Kind { get; }

    /// <summary>The first version of files that holds it, without what is in it.</summary>
    internal virtual int SinceVersion => FirstVersion;

    /// <summary>The layers in it, in forward order; each list begins at its input. None for most.</summary>
    public virtual IReadOnlyList<IReadOnlyList<LayerSpec>> Branches() => [];

    /// <summary>Checks the record and its input, and says what comes out.</summary>
    /// <param name="input">What it reads.</param>
    /// <exception cref="InvalidDataException">There is no such layer: its name, the value, what is allowed.</exception>
    public abstract SpecValue Output(SpecValue input);

    /// <summary>What it will hold itself, without its branches.</summary>
    /// <param name="input">What it reads; <see cref="Output"/> took it.</param>
    public virtual IEnumerable<StoredShape> Stored(SpecValue input) => [];

    /// <summary>What it reads besides of layers before it that hold it.</summary>
    /// <param name="input">What it reads; <see cref="Output"/> took it.</param>
    public virtual IEnumerable<StoredShape> Shared(SpecValue input) => [];

    /// <summary>Makes the layer, its weights zero.</summary>
    /// <param name="input">What it reads; <see cref="Output"/> took it.</param>
    public abstract Layer Create(SpecValue input);

    /// <summary>The layer as far as scores depend on it: null for one that scoring passes over.</summary>
    public virtual LayerSpec? InScoring() => this;

    /// <summary>The layer with another name, and all that is in it.</summary>
    /// <param name="prefix">Stands before the names.</param>
    public virtual LayerSpec Prefixed(string prefix) => this with { Name = prefix + Name };

    /// <summary>All that its output depends on but the name: <c>Linear 256</c>.</summary>
    public sealed override string ToString() => Text;

    /// <inheritdoc cref="ToString"/>
    protected virtual string Text => Kind;

    /// <summary>What comes out of layers one behind the other.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="input">What the first reads.</param>
    /// <exception cref="InvalidDataException">One of them is none.</exception>
    public static SpecValue OutputOf(IEnumerable<LayerSpec> layers, SpecValue input)
        => layers.Aggregate(input, (value, layer) => layer.Output(value));

    /// <summary>Makes layers one behind the other.</summary>
    /// <param name="layers">At least one.</param>
    /// <param name="input">What the first reads.</param>
    public static Sequential CreateAll(IEnumerable<LayerSpec> layers, SpecValue input)
    {
        var made = new List<Layer>();
        foreach (LayerSpec layer in layers)
        {
            made.Add(layer.Create(input));
            input = layer.Output(input);
        }

        return new Sequential([.. made]);
    }

    /// <summary>The error for a record that is none.</summary>
    /// <param name="what">The value, and what is allowed; goes on behind the layer's name.</param>
    protected InvalidDataException Refusal(string what) => new($"Layer '{Name}' ({Kind}) {what}");

    /// <summary>The shape of an input of numbers.</summary>
    /// <param name="input">What it reads.</param>
    /// <exception cref="InvalidDataException">It is ids, or sparse.</exception>
    protected Shape NumbersOf(SpecValue input)
        => input.Vocabulary is null && input.Categories is null && !input.IsSparse
            ? input.Shape
            : throw Refusal($"reads numbers and gets {input}; put a layer before it that makes "
                + $"{(input.IsSparse ? "few of them" : "numbers of ids")}.");

    /// <summary>Throws unless an enum has the value.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidDataException">It has not.</exception>
    protected void RequireDefined<TEnum>(TEnum value)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw Refusal($"has the {typeof(TEnum).Name} {value}; it must be one of {string.Join(", ", Enum.GetNames<TEnum>())}.");
        }
    }
}
