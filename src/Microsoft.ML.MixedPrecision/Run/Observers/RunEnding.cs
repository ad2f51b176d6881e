using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How a run ended.</summary>
[TypeConverter(typeof(NamedEnumConverter<RunEnding>))]
public enum RunEnding
{
    /// <summary>With its last epoch, or by early stopping.</summary>
    Finished,

    /// <summary>Somebody asked it to stop and keep what it had learned.</summary>
    Stopped,

    /// <summary>It was cancelled: <c>Fit</c> throws.</summary>
    Canceled,

    /// <summary>By an exception, which <c>Fit</c> throws.</summary>
    Failed,
}
