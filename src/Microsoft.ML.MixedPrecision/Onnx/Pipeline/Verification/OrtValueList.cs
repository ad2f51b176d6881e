using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Tensors of ONNX Runtime that are freed together.</summary>
/// <param name="values">The tensors.</param>
internal sealed class OrtValueList(IEnumerable<OrtValue> values) : List<OrtValue>(values), IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => ForEach(value => value.Dispose());
}
