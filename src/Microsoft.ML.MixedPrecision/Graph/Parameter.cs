namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>A trained matrix.</summary>
/// <remarks>A weight is (outputs, inputs), a bias is (1, outputs). While a plan trains, the values live in the plan's arenas;
/// <see cref="StoredMatrix.Values"/> holds them before and after.</remarks>
internal sealed class Parameter : StoredMatrix
{
    /// <summary>Creates a parameter of zeros.</summary>
    /// <param name="name">Unique name, for example <c>hidden.0.weight</c>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="decays">Whether weight decay applies: to weights, not to biases and normalisations.</param>
    public Parameter(string name, int rows, int columns, bool decays)
        : base(name, rows, columns)
    {
        Decays = decays;
    }

    /// <summary>Whether weight decay applies.</summary>
    public bool Decays { get; }

    /// <summary>What it is to its layer.</summary>
    public ParameterRole Role { get; init; }

    /// <summary>Whether AdamW leaves those parts alone whose gradient is 0: most rows of the table of an embedding bag.</summary>
    public bool IsLazy => Role == ParameterRole.Bag;

    /// <summary>What a step's learning rate is multiplied by for this parameter; set before a plan is made.</summary>
    public float RateFactor { get; set; } = 1;

    /// <summary>What the weight decay is multiplied by, where it applies; set before a plan is made.</summary>
    public float DecayFactor { get; set; } = 1;

    /// <summary>What AdamW's ε is multiplied by; set before a plan is made.</summary>
    public float EpsilonFactor { get; set; } = 1;

    /// <summary>First committed steps in which it keeps its values, while its gradients already become moments; set before a plan is
    /// made.</summary>
    public long FrozenSteps { get; set; }
}
