using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>What a network reads of an example, as data.</summary>
/// <param name="Name">Unique in the network: letters, digits and <c>. _ -</c>; <c>features</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "input")]
[JsonDerivedType(typeof(IdsInput), "ids")]
[JsonDerivedType(typeof(NumbersInput), "numbers")]
[JsonDerivedType(typeof(TokensInput), "tokens")]
internal abstract record InputSpec([property: JsonPropertyOrder(-1)] string Name)
{
    /// <summary>Checks the record and says what the first layer gets.</summary>
    /// <exception cref="InvalidDataException">There is no such input: its name, the value, what is allowed.</exception>
    public abstract SpecValue Output();

    /// <summary>Numbers of an example that a caller gives; what is computed from them for the first layer is in <see cref="Output"/>
    /// besides.</summary>
    internal virtual long Given => Output().Elements;

    /// <summary>Numbers that are learned before training and saved with the network.</summary>
    internal virtual long Learned => 0;

    /// <summary>The first version of files that holds it.</summary>
    internal virtual int SinceVersion => NetworkSpec.FirstVersion;

    /// <summary>The input as far as weights depend on it.</summary>
    public virtual InputSpec Unscaled() => this;

    /// <summary>All that it is but its name: <c>4 numbers</c>.</summary>
    public sealed override string ToString() => Text;

    /// <inheritdoc cref="ToString"/>
    protected abstract string Text { get; }

    /// <summary>Throws unless a size is positive.</summary>
    /// <param name="size">The size.</param>
    /// <param name="what">What it counts.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    protected void RequirePositive(int size, string what)
    {
        if (size < 1)
        {
            throw new InvalidDataException($"Input '{Name}' has {size} {what}; it must have at least 1.");
        }
    }
}
