using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes MapKeyToVector, the last part of OneHotEncoding: y[k] = 1 where the key is k + 1, else 0; all 0 for a missing key. Of a vector of
/// d keys
/// the d vectors one after the other, or, as a bag, their sum.
/// </summary>
internal static class KeyToVectorWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, K) for a scalar and for a bag of K keys, (N, d, K) for d keys.</returns>
    /// <exception cref="NotSupportedException">The keys are a vector of several dimensions.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        bool isVector = column.Input.Type is VectorDataViewType;
        if (column.InputType.Dimensions.Length != 1)
        {
            throw column.Refusal($"is made from '{column.Input.Name}' of type {column.Input.Type}; one-hot vectors are written of "
                + $"scalars and of vectors of one dimension");
        }

        var last = column.Integers("last", -1);
        var key = column.Cast(column.InputValue, OnnxElementType.Int64);
        var places = column.Integers("places", [.. Enumerable.Range(1, (int)column.Type.Dimensions[^1])]);
        var wide = isVector ? column.Add("Unsqueeze", OnnxElementType.Int64, key, last) : key;
        var vector = column.Cast(column.Add("Equal", OnnxElementType.Bool, wide, places), column.Type.Type);
        return isVector && column.Type.Dimensions.Length == 1 ? Sum(column, vector) : vector;
    }

    private static OnnxValue Sum(PipelineColumn column, OnnxValue vectors)
    {
        var (node, sum) = column.AddNode("ReduceSum", column.Type.Type, vectors, column.Integers("keys", 1));
        node.With("keepdims", 0L);
        return sum;
    }
}
