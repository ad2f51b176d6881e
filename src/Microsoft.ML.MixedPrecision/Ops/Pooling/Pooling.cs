using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How the steps of a sequence become one vector.</summary>
[TypeConverter(typeof(NamedEnumConverter<Pooling>))]
public enum Pooling
{
    /// <summary>The mean of all steps.</summary>
    Mean,

    /// <summary>The first step, such as BERT's <c>[CLS]</c>.</summary>
    Cls,

    /// <summary>The largest of all steps, each channel by itself.</summary>
    Max,

    /// <summary>The last step.</summary>
    Last,
}
