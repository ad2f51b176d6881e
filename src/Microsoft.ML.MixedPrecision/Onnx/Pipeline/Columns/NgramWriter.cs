using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes ProduceNgrams, the last part of ProduceWordBags and of the words of FeaturizeText: how often each n-gram is among a row's keys,
/// times its weight. What was
/// learnt is read off the node that ML.NET's own export writes; the weights are multiplied by an operator of their own, since ONNX Runtime
/// takes them in another order
/// than ONNX describes.
/// </summary>
internal static class NgramWriter
{
    private const string Vectorizer = "TfIdfVectorizer";

    /// <summary>Writes a column.</summary>
    /// <returns>(N, n-grams), FP32.</returns>
    /// <exception cref="NotSupportedException">No n-grams were learnt, or keys may be skipped within one.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var learnt = Learnt(column);
        if (learnt.Find("max_skip_count") is { I: > 0 } skips)
        {
            throw column.Refusal($"counts n-grams that skip up to {skips.I} keys, which ONNX counts otherwise; "
                + "with skipLength 0 they are written");
        }

        if (column.Type.Width == 0)
        {
            throw column.Refusal("has learnt no n-grams");
        }

        const OnnxElementType Type = OnnxElementType.Float;
        var keys = column.Cast(column.InputValue, OnnxElementType.Int64);
        var (node, counts) = column.AddNode(Vectorizer, Type, keys);
        long[] starts = [.. learnt.Find("ngram_counts")!.Ints], pool = [.. learnt.Find("pool_int64s")!.Ints];
        node.With("ngram_counts", starts).With("pool_int64s", pool);
        node.With("ngram_indexes", (IEnumerable<long>)learnt.Find("ngram_indexes")!.Ints);
        node.With("min_gram_length", ShortestOf(starts, pool.Length)).With("max_gram_length", (long)starts.Length);
        node.With("max_skip_count", 0L).With("mode", "TF");

        string mode = learnt.Find("mode")!.S.ToStringUtf8();
        if (mode == "TF")
        {
            return counts;
        }

        if (mode == "IDF")
        {
            counts = column.Cast(column.Add("Greater", OnnxElementType.Bool, counts, column.Constant("zero", Type, new float[1], 1)), Type);
        }

        return column.Add("Mul", Type, counts, column.Constant("weights", Type, [.. learnt.Find("weights")!.Floats], column.Type.Width));
    }

    /// <summary>The length of the shortest n-grams that were learnt; ML.NET's export has it wrong for models that were loaded, which do not
    /// know whether all lengths were wanted.</summary>
    /// <param name="starts">For each length, from 1, where its n-grams begin in the pool.</param>
    /// <param name="end">Where the pool ends.</param>
    private static long ShortestOf(long[] starts, int end)
    {
        long[] ends = [.. starts.Skip(1), end];
        return 1 + Enumerable.Range(0, starts.Length).First(i => ends[i] > starts[i]);
    }

    /// <summary>The node by which ML.NET's own export describes a column.</summary>
    private static NodeProto Learnt(PipelineColumn column)
    {
        var context = new PipelineOnnxContext(new OnnxWriting());
        foreach (var (_, input) in ((OneToOneTransformerBase)column.Transformer).ColumnPairs)
        {
            context.AddIntermediateVariable(NumberDataViewType.Int64, input, skip: true);
        }

        ((ISaveAsOnnx)column.Transformer.Transform(new EmptyDataView(new MLContext(), column.Before))).SaveAsOnnx(context);
        string output = context.GetVariableName(column.Name);
        return context.Graph.Graph.Node.Single(node => node.OpType == Vectorizer && node.Output[0] == output);
    }
}
