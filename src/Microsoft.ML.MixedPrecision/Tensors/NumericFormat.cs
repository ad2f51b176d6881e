using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>A floating-point format in which values are stored or multiplied.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>format</term><description>sign/exponent/mantissa bits, largest finite value, smallest normal
/// value</description></listheader>
/// <item><term><see cref="Float32"/></term><description>1/8/23, 3.4028e38, 1.175e-38</description></item>
/// <item><term><see cref="TensorFloat32"/></term><description>1/8/10, 3.4012e38, 1.175e-38; stored as 32 bits</description></item>
/// <item><term><see cref="Float16"/></term><description>1/5/10, 65504, 6.1035e-5</description></item>
/// <item><term><see cref="BFloat16"/></term><description>1/8/7, 3.3895e38, 1.175e-38</description></item>
/// </list>
/// </remarks>
[TypeConverter(typeof(NamedEnumConverter<NumericFormat>))]
public enum NumericFormat
{
    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 0,

    /// <summary>Float32 storage whose products read only the upper 10 mantissa bits of each operand.</summary>
    TensorFloat32 = 1,

    /// <summary>IEEE 754 binary16.</summary>
    Float16 = 2,

    /// <summary>The upper half of binary32: the same range, 8 significant bits.</summary>
    BFloat16 = 3,
}
