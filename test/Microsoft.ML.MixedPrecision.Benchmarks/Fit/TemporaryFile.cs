using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>The name of a file that is gone afterwards, even where the program is told to end, which disposes nothing.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly PosixSignalRegistration[] _signals;

    /// <summary>Chooses a name; creates nothing.</summary>
    /// <param name="folder">Where.</param>
    public TemporaryFile(string folder)
    {
        Name = Path.Combine(folder, $"mixedprecision-{Guid.NewGuid():N}.tmp");
        _signals = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Delete),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Delete)];
    }

    /// <summary>The file's path.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Name);
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }
    }

    private void Delete(PosixSignalContext context) => File.Delete(Name);
}
