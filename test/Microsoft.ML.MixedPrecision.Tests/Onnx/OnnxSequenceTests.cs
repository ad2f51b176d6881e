using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Ops;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Operations on sequences written as ONNX, in which examples are padded to one length, run by ONNX Runtime, against the
/// double-precision formula of examples without padding.</summary>
[TestClass]
public sealed class OnnxSequenceTests
{
    private const int Examples = 9;
    private const int Most = SequenceTable.Most;

    /// <summary>All but dropout, which is of training.</summary>
    public static IEnumerable<object[]> Cases
        => from row in SequenceTable.Rows
           where !row.Name.Contains("dropout", StringComparison.Ordinal)
           from arithmetic in new[] { "Float32", "Float16" }
           select new object[] { row.Name, arithmetic };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WriteOnnx_PaddedExamples_GiveTheFormula(string name, string arithmetic)
    {
        OperationRow row = OperationCheck.Row(name);
        var random = new Random(7);
        Parameter[] parameters = [.. row.Parameters.Select((shape, i) => new Parameter($"p{i}", shape.Rows, shape.Columns, decays: true))];
        foreach (Parameter parameter in parameters)
        {
            foreach (ref float value in parameter.Values.AsSpan())
            {
                value = (float)(Half)((random.NextSingle() * 2) - 1);
            }
        }

        int[] lengths = SequenceTable.Lengths(row, Examples);
        float[][] packed = [.. Enumerable.Range(0, SequenceTable.Batch(row, Examples).Steps).Select(
            _ => Enumerable.Range(0, row.Inputs).Select(_ => row.Ids is { } ids
                ? random.Next(ids)
                : (float)(Half)((random.NextSingle() * 4) - 2)).ToArray())];
        double[][] expected = row.Reference(
            [.. packed.Select(values => Array.ConvertAll(values, value => (double)value))],
            [.. parameters.Select(parameter => Array.ConvertAll(parameter.Values, value => (double)value))]);

        var graph = new OnnxGraphBuilder();
        OnnxNetworkWriter writer = OnnxFiles.Writer(graph, Enum.Parse<OnnxArithmetic>(arithmetic));
        OnnxValue features = row.Ids is null
            ? graph.AddInput("x", OnnxElementType.Float, row.Inputs)
            : graph.AddInput("x", OnnxElementType.Int64, Most);
        OnnxValue ends = graph.AddInput("lengths", OnnxElementType.Int64, 1);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false)
        {
            Ends = PlanBuilder.Input("ends", Shape.Vector(1), ElementKind.Int32),
        };
        Value input = row.Ids is null
            ? PlanBuilder.Input("x", Shape.Sequence(Most, row.Inputs), NumericFormat.Float32)
            : PlanBuilder.Input("x", Shape.Sequence(Most, row.Inputs), ElementKind.Int32);
        Value output = plan.Finish(row.Build(plan, input, parameters));
        OnnxValue y = writer.Cast(
            plan.WriteOnnx(writer, new Dictionary<Value, OnnxValue> { [input] = features, [plan.Ends!] = ends }), OnnxElementType.Float);
        graph.AddOutput(y, output.Columns);
        float[][] actual = Run(OnnxFiles.Finish(graph), (packed, row.Ids is not null), lengths, y.Name, output.Columns);

        double tolerance = (arithmetic == "Float32" ? 1e-5 : 1.5e-3) * OperationCheck.Depth(row);
        int at = 0;
        for (int example = 0; example < Examples; example++)
        {
            int rows = output.Shape.IsSequence ? lengths[example] : 1;
            for (int t = 0; t < rows; t++, at++)
            {
                float[] its = actual[output.Shape.IsSequence ? (example * Most) + t : example];
                for (int c = 0; c < output.Columns; c++)
                {
                    Assert.AreEqual(
                        expected[at][c],
                        its[c],
                        tolerance * Math.Max(1, Math.Abs(expected[at][c])),
                        $"example {example}, row {t}, column {c}");
                }
            }
        }
    }

    private static float[][] Run(byte[] file, (float[][] Packed, bool AreIds) rows, int[] lengths, string output, int columns)
    {
        float[][] packed = rows.Packed;
        int inputs = packed[0].Length;
        var x = new DenseTensor<float>([Examples * Most, inputs]);
        var counts = new DenseTensor<long>([Examples, 1]);
        for (int example = 0, from = 0; example < Examples; from += lengths[example++])
        {
            counts[example, 0] = lengths[example];
            for (int t = 0; t < Most; t++)
            {
                for (int c = 0; c < inputs; c++)
                {
                    // What stands behind an example must not matter.
                    x[(example * Most) + t, c] = t < lengths[example] ? packed[from + t][c] : rows.AreIds ? 3 : 1.5f;
                }
            }
        }

        NamedOnnxValue given = rows.AreIds
            ? NamedOnnxValue.CreateFromTensor("x", new DenseTensor<long>(x.Select(id => (long)id).ToArray(), [Examples, Most]))
            : NamedOnnxValue.CreateFromTensor("x", x);
        using var session = new InferenceSession(file);
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(
            [given, NamedOnnxValue.CreateFromTensor("lengths", counts)], [output]);
        return [.. results[0].AsEnumerable<float>().Chunk(columns)];
    }
}
