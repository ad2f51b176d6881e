using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What scoring does with a row whose features hold NaN, unless <see cref="MissingValues"/> fills that, or an infinity. Training
/// refuses such rows always.</summary>
[TypeConverter(typeof(NamedEnumConverter<InvalidFeatures>))]
public enum InvalidFeatures
{
    /// <summary>
    /// Its scores and probabilities are NaN, and its predicted label is the missing key, or false. A warning, one a cursor or prediction
    /// engine,
    /// tells how many rows there were. The other rows are scored as ever. An exported ONNX file answers such rows in the same way.
    /// </summary>
    ScoreNaN = 0,

    /// <summary>An <see cref="InvalidOperationException"/> that names column, slot and, where one cursor reads all rows, the row.</summary>
    Throw,
}
