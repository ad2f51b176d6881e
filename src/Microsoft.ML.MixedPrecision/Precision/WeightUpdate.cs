using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Where the optimizer adds its updates.</summary>
[TypeConverter(typeof(NamedEnumConverter<WeightUpdate>))]
public enum WeightUpdate
{
    /// <summary>To Float32 master weights; products read a copy in the compute format that the optimizer writes.</summary>
    Master = 0,

    /// <summary>
    /// To the weights in the compute format, without masters: w ← round(w − update).
    /// An update below half a unit of the weight's last place is lost: 2⁻⁹·|w| in BFloat16, 2⁻¹²·|w| in Float16 (at the least).
    /// </summary>
    Plain = 1,
}
