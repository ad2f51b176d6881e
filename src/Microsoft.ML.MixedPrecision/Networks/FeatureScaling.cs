using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What a trainer does to features before the network reads them. What it learns is a part of the model: scoring, saved files and
/// ONNX files have it, and callers give raw features.</summary>
[TypeConverter(typeof(NamedEnumConverter<FeatureScaling>))]
public enum FeatureScaling
{
    /// <summary>Nothing: features are rounded to the network's format as they are. For those that are of size 1 already, or normalised by a
    /// step of the pipeline.</summary>
    None = 0,

    /// <summary>
    /// Standardising, x' = (x − µ)·(1/σ), computed in Float32 before anything is rounded to fewer bits. µ and σ = √(mean of (x − µ)²) of
    /// each feature are learned from the rows
    /// that train, not from those that validate, nor from rows of weight 0; sums are Float64. A feature that is the same in all rows
    /// becomes 0.
    /// </summary>
    /// <remarks>
    /// Where rows are sparse, a feature that is 0 in some of them is scaled and not shifted, so that zeros stay zeros, as with ML.NET's
    /// <c>fixZero</c>: x' = x·(1/r), r being the
    /// root mean square of its values that are not 0. However rare a category is, its slot keeps the 1. A feature that is never 0 there has
    /// no zero to keep and is standardised.
    /// </remarks>
    Standard = 1,

    /// <summary>
    /// Robust scaling and a smooth clip, f(z) = z/√(1 + (z/3)²) of z = s·(x − median), computed in Float32 before anything is rounded to
    /// fewer bits. s = 1/(q₇₅ − q₂₅); where that range is 0, s = 2/(max − min); a feature that is the same in all rows becomes 0, also
    /// where it is another one later. Results lie within ±3: outliers and heavy tails neither stretch the scale of the other values nor
    /// reach the network as such. Source: RealMLP (https://arxiv.org/abs/2407.04491). Slots of a one-hot encoded column of k categories,
    /// which the annotation <c>CategoricalSlotRanges</c> tells, are not shifted and have the factor min(1, √(2/k)).
    /// </summary>
    /// <remarks>
    /// Learned from the rows that train, not from those that validate, nor from rows of weight 0. Quantiles are exact, interpolated
    /// linearly between the values ranked ⌊(n − 1)p⌋ and the next (type 7 of R, the default of NumPy). Sparse rows are scaled as dense
    /// ones: where most values of a feature are 0 its median is 0, and zeros stay zeros. Differences and products beyond Float32 count as
    /// infinite, and f of ±∞ is ±3.
    /// </remarks>
    Robust = 2,
}
