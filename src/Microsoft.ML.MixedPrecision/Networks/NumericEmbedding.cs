using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What is made of each feature before the first layer of a network, so that it can bend along a feature.</summary>
[TypeConverter(typeof(NamedEnumConverter<NumericEmbedding>))]
public enum NumericEmbedding
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// Each feature becomes four numbers: itself, and three sums of 16 waves, Σⱼ Vₖⱼ·cos(2πwⱼx + bⱼ) + cₖ, all of it learned: w from a
    /// normal distribution of σ = 0.1 on, b from a uniform one in ±π, V and c in ±¼, at a tenth of the learning rate and without decay.
    /// Source: PBLD of RealMLP (https://arxiv.org/abs/2407.04491).
    /// </summary>
    Periodic = 1,

    /// <summary>
    /// Each feature becomes 16 numbers, how far it has come through each of 16 bins, from 0 to 1, below 0 in front of the first and above
    /// 1 behind the last. Bins lie between quantiles of the rows that train, so that each holds as many of them. Source: Y. Gorishniy et
    /// al. (https://arxiv.org/abs/2203.05556).
    /// </summary>
    PiecewiseLinear = 2,
}
