using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What a <see cref="RunWarning"/> is about.</summary>
[TypeConverter(typeof(NamedEnumConverter<RunWarningKind>))]
public enum RunWarningKind
{
    /// <summary>Something else; also that of a training that was read from a text or model of an earlier version.</summary>
    Other,

    /// <summary>An option that changes nothing.</summary>
    IdleOption,

    /// <summary>The rows: missing labels, classes without rows, numbers so large that scores exceed Single.</summary>
    Data,

    /// <summary>A checkpoint that could not be written or read, or was written with another engine.</summary>
    Checkpoint,

    /// <summary>No step changes a weight any more.</summary>
    NothingLearned,

    /// <summary>Steps that were skipped, where nothing was learned of their rows.</summary>
    SkippedSteps,

    /// <summary>The same rows are in skipped steps again and again.</summary>
    RepeatedSkips,

    /// <summary>The loss of the validation rows is not finite.</summary>
    ValidationLoss,

    /// <summary>Float16 loses much of the gradient under the loss scale.</summary>
    LostGradient,

    /// <summary>Updates of 16-bit weights without masters that got lost.</summary>
    LostUpdates,

    /// <summary>The training loss did not fall.</summary>
    Course,
}
