using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What a regression makes small; d is prediction minus label.</summary>
[TypeConverter(typeof(NamedEnumConverter<RegressionLoss>))]
public enum RegressionLoss
{
    /// <summary>d²: estimates the mean.</summary>
    SquaredError = 0,

    /// <summary>½d² up to |d| = δ, beyond it δ·(|d| − ½δ): outliers pull with a bounded force (Huber, 1964).</summary>
    Huber,
}
