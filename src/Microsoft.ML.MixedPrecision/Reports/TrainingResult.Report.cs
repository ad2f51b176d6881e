using System.Text;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision;

/// <content>As files for people.</content>
public sealed partial class TrainingResult
{
    /// <summary>
    /// Writes a report as one HTML file, some 100 to 300 KB: curves of loss, validation, loss scale with the skipped steps, gradient norm
    /// and learning rate; warnings, memory, times, formats with their reasons, value ranges, versions and options. It holds no script and
    /// loads nothing, so that it can be sent and kept, is light or dark as the reader's system is, and can be read on a telephone and on
    /// paper. It names options, among them columns and classes, but no rows, no machine and no user. An older file is replaced only when
    /// the new one is whole.
    /// </summary>
    /// <param name="path">The file, for example <c>run.html</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it.</exception>
    public void SaveReport(string path) => Save(path, new HtmlReport(this).Write);

    /// <summary>Writes the curves of <see cref="SaveReport"/> alone as one SVG file, light or dark as the reader's system is.</summary>
    /// <param name="path">The file, for example <c>run.svg</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be written.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it.</exception>
    public void SaveCurves(string path) => Save(path, () => CurvesSvg.Write(this));

    private static void Save(string path, Func<string> write)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ReplacedFile.RequireFolder(path);
        byte[] text = Encoding.UTF8.GetBytes(write());
        ReplacedFile.Write(path, stream => stream.Write(text));
    }
}
