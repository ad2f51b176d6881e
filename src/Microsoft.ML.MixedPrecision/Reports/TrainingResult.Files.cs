using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision;

/// <content>As files and text for programs.</content>
public sealed partial class TrainingResult
{
    /// <summary>
    /// The whole result as JSON: totals, epochs, kept steps, value ranges, formats with reasons, memory, timings, warnings, versions and
    /// options. Infinities and NaN are the texts <c>"Infinity"</c>, <c>"-Infinity"</c>, <c>"NaN"</c>; steps are columns of one length.
    /// The text carries its version; <see cref="FromJson"/> reads it back, in later versions of this library too. It takes about 60
    /// characters a kept step.
    /// </summary>
    public string ToJson() => TrainingJson.Write(this);

    /// <summary>
    /// A result from the text that <see cref="ToJson"/> made, also from an untrusted place: its length is limited, and it is checked.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="InvalidDataException">It is not the JSON of a result, contradicts itself, or is of a newer version.</exception>
    public static TrainingResult FromJson(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TrainingJsonReader.Read(text);
    }

    /// <summary>
    /// Writes two files of comma-separated values: one line an epoch to <paramref name="path"/>, and one line a kept step beside it, with
    /// <c>.steps</c> before the extension: <c>run.csv</c> and <c>run.steps.csv</c>. Each replaces an older one only when it is whole.
    /// </summary>
    /// <param name="path">The file of epochs.</param>
    /// <remarks>UTF-8, a header line, numbers as in every culture and to the last bit, empty where a number is not known.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">A file cannot be written.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it.</exception>
    public void WriteCsv(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ReplacedFile.Write(path, stream => TrainingCsv.WriteEpochs(stream, this));
        ReplacedFile.Write(Path.ChangeExtension(path, ".steps" + Path.GetExtension(path)), stream => TrainingCsv.WriteSteps(stream, this));
    }
}
