using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its elements are.</param>
/// <param name="RowShape">Its shape behind the number of rows.</param>
internal sealed record ModelPort(string Name, OnnxElementType Type, long[] RowShape)
{
    /// <summary>Elements of a row.</summary>
    public int Width => (int)ValueSize.Product(RowShape);

    /// <summary>The shape of some rows.</summary>
    public long[] Shape(int rows) => [rows, .. RowShape];
}
