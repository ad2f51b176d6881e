using System.Globalization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = x ⊙ mask/(1 − rate) in training; y = x when scoring.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rate">Share that is dropped, in [0, 1).</param>
internal sealed record DropoutSpec(string Name, float Rate) : LayerSpec(Name)
{
    /// <inheritdoc/>
    internal override string Kind => string.Create(CultureInfo.InvariantCulture, $"Dropout {Rate}");

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
        => Rate is >= 0 and < 1
            ? new SpecValue(NumbersOf(input))
            : throw Refusal("drops a share of its input that must be at least 0 and below 1.");

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new Dropout(Name, Rate);

    /// <inheritdoc/>
    public override LayerSpec? InScoring() => null;
}

/// <summary>y = x ⊙ mask/(1 − rate) in training, where the mask is 0 with probability <c>rate</c>, else 1; y = x when scoring.</summary>
internal sealed class Dropout : Layer
{
    private readonly string _name;
    private readonly float _rate;

    /// <summary>Creates the layer.</summary>
    /// <param name="name">Unique name.</param>
    /// <param name="rate">Share that is dropped, in [0, 1).</param>
    public Dropout(string name, float rate)
    {
        _name = name;
        _rate = rate;
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.Dropout(_name, x, _rate);
}
