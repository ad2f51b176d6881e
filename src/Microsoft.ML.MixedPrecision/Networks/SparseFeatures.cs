using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How rows of features that are nearly all zeros, as those of texts, are kept and read by the first layer.</summary>
[TypeConverter(typeof(NamedEnumConverter<SparseFeatures>))]
public enum SparseFeatures
{
    /// <summary><see cref="EmbeddingBag"/> for columns of 10,000 slots or more whose first 100 rows come sparse, with at most 2 % of their
    /// slots, where no option asks for what it cannot do; else <see cref="Dense"/>. The log says which.</summary>
    Auto = 0,

    /// <summary>As all other features: each row with its zeros, prepared by <see cref="TableTrainerOptions.FeatureScaling"/> and
    /// <see cref="TableTrainerOptions.MissingValues"/>.</summary>
    Dense,

    /// <summary>Rows are kept as the slots that are not 0 and their numbers, 8 bytes each, and the first layer is an embedding bag: for
    /// each slot a vector of 32 weights (16 beyond 262,144 slots), of which a row has the sum, each times its number. Hidden layers stand
    /// behind it where <see cref="MlpTrainerOptions.HiddenLayers"/> is set; else the last layer reads the sums. Numbers are read as they
    /// are, neither scaled nor filled. Source: A. Joulin et al., "Bag of Tricks for Efficient Text Classification", 2017.</summary>
    EmbeddingBag,
}
