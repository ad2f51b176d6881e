using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Numbers in texts are written alike everywhere while it lasts: minus signs of some cultures hold characters that no terminal
/// shows.</summary>
internal readonly ref struct InvariantCultureScope : IDisposable
{
    private readonly CultureInfo _before;

    /// <summary>Begins it on this thread.</summary>
    public InvariantCultureScope() => (_before, CultureInfo.CurrentCulture) = (CultureInfo.CurrentCulture, CultureInfo.InvariantCulture);

    /// <summary>Ends it: the culture is what it was.</summary>
    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
