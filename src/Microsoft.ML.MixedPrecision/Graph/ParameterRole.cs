namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>What a parameter is to its layer, as far as optimizers and starting values tell parameters apart.</summary>
internal enum ParameterRole
{
    /// <summary>None of the others: normalisations, tables of embeddings.</summary>
    Other = 0,

    /// <summary>The matrix of a product, (outputs, inputs).</summary>
    Weight,

    /// <summary>What is added to a product.</summary>
    Bias,

    /// <summary>A factor of each feature: the scale layer.</summary>
    FeatureScale,

    /// <summary>What is learned of an activation.</summary>
    Activation,

    /// <summary>What a numeric embedding learns.</summary>
    NumericEmbedding,

    /// <summary>The table of an embedding bag.</summary>
    Bag,
}
