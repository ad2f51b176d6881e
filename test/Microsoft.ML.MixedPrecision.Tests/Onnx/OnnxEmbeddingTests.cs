using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>An embedding written as ONNX and run by ONNX Runtime.</summary>
[TestClass]
public sealed class OnnxEmbeddingTests
{
    /// <summary>Rows rounded once to the file's format; zeros for the padding id, whose row of the table holds others; ids of either
    /// width.</summary>
    [TestMethod]
    public void WriteOnnx_EveryArithmetic_GivesTheTablesRowsRounded()
    {
        var table = new Parameter("table", 5, 3, decays: true);
        for (int i = 0; i < table.Values.Length; i++)
        {
            table.Values[i] = 1 + (i / 3000f);
        }

        foreach (OnnxArithmetic arithmetic in Enum.GetValues<OnnxArithmetic>())
        {
            Func<float, float> rounded = arithmetic switch
            {
                OnnxArithmetic.Float32 => value => value,
                OnnxArithmetic.BFloat16Weights => value => (float)ReferenceRounding.Round(NumericFormat.BFloat16, value),
                _ => value => (float)(Half)value,
            };
            int[] ids = [4, 0, 2, 2, 1, 3];
            float[] expected = [.. ids.SelectMany(id => table.Values.Skip(3 * id).Take(3).Select(value => id == 2 ? 0 : rounded(value)))];
            CollectionAssert.AreEqual(expected, Run(arithmetic, table, OnnxElementType.Int32, ids), $"{arithmetic}");
            CollectionAssert.AreEqual(
                expected, Run(arithmetic, table, OnnxElementType.Int64, Array.ConvertAll(ids, id => (long)id)), $"{arithmetic}");
        }
    }

    private static float[] Run<T>(OnnxArithmetic arithmetic, Parameter table, OnnxElementType type, T[] ids)
        where T : unmanaged
    {
        var graph = new OnnxGraphBuilder();
        OnnxNetworkWriter writer = OnnxFiles.Writer(graph, arithmetic);
        OnnxValue y = writer.Cast(
            writer.Embedding(graph.AddInput("ids", type, 2), table, padding: 2, "tokens"), OnnxElementType.Float);
        graph.AddOutput(y, 3);
        Assert.AreEqual("tokens", writer.Layers.Single().Name);
        return OnnxFiles.Run(OnnxFiles.Finish(graph), ids, ids.Length / 2, y.Name);
    }
}
