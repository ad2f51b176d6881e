using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Which tokens of a text are kept that has more than fit into a row.</summary>
[TypeConverter(typeof(NamedEnumConverter<Truncation>))]
public enum Truncation
{
    /// <summary>The first ones.</summary>
    Head,

    /// <summary>The last ones.</summary>
    Tail,

    /// <summary>
    /// Of n that fit the first ⌊(n + 3)/4⌋ and the last ones: 128 and 382 of 510, the best of Sun, Qiu, Xu, Huang 2019, "How to Fine-Tune
    /// BERT for Text Classification?".
    /// </summary>
    HeadTail,
}
