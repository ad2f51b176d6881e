using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What stands between a hidden layer's product and its activation.</summary>
[TypeConverter(typeof(NamedEnumConverter<NormalizationKind>))]
public enum NormalizationKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// y = γ·(x − µ)/√(σ² + 1e-5) + β with mean µ and variance σ² of the example's own values in the layer, γ and β trained
    /// (Ba, Kiros and Hinton, 2016).
    /// </summary>
    LayerNorm,

    /// <summary>
    /// y = γ·(x − µ)/√(σ² + 1e-5) + β with mean µ and variance σ² of each of the layer's outputs, γ and β trained: over the rows of a batch
    /// in
    /// training, running ones of which a tenth is renewed with every batch when scoring (Ioffe and Szegedy, 2015).
    /// </summary>
    BatchNorm,
}
