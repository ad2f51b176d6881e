using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.OnnxRuntime;
using Spectre.Console;

namespace Quickstart;

/// <summary>The whole pipeline as ONNX in FP32 and in FP16, scored by ONNX Runtime on the test rows.</summary>
internal static class OnnxFiles
{
    public static void ExportAndCompare(MLContext mlContext, ITransformer model, IDataView testRows, string folder)
    {
        string float32 = Path.Combine(folder, "digits.fp32.onnx");
        string float16 = Path.Combine(folder, "digits.fp16.onnx");
        MixedPrecisionModelCatalog operations = mlContext.MixedPrecision().Model;
        operations.ExportToOnnx(model, testRows.Schema, float32);
        var half = new OnnxExportOptions { Format = NumericFormat.Float16 };
        OnnxExportReport report = operations.ExportToOnnx(model, testRows, float16, half);

        float[] features = [.. mlContext.Data.CreateEnumerable<Digit>(testRows, reuseRowObject: false).SelectMany(row => row.Pixels)];
        float[] scores32 = Score(float32, features);
        float[] scores16 = Score(float16, features);
        float[] transformed = [.. model.Transform(testRows).GetColumn<float[]>("Score").SelectMany(row => row)];

        Text.Write("As ONNX, run by ONNX Runtime on the test rows:");
        Table table = new Table().Border(TableBorder.Simple).AddColumns("file", "bytes", "beside", "largest difference", "same class");
        Row(float32, "the model", scores32, transformed);
        Row(float16, "the FP32 file", scores16, scores32);
        AnsiConsole.Write(table);
        Text.Write("Formats of the FP16 file:");
        Table layers = new Table().Border(TableBorder.Simple).AddColumns("layer", "operator", "format", "largest value", "why");
        foreach (OnnxLayerReport layer in report.Layers)
        {
            layers.AddRow(layer.Name, layer.Operator, $"{layer.Format}", $"{layer.LargestOnRows:G3}", layer.Reason);
        }

        AnsiConsole.Write(layers);

        void Row(string file, string beside, float[] scores, float[] others)
        {
            string bytes = $"{new FileInfo(file).Length:N0}";
            table.AddRow(Path.GetFileName(file), bytes, beside, $"{Largest(scores, others):G2}", $"{Agreement(scores, others):P1}");
        }
    }

    private static float[] Score(string path, float[] features)
    {
        using var session = new InferenceSession(path);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(features, [features.Length / 64, 64]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["Features"], [input], ["Score.output"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static float Largest(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();

    private static double Agreement(float[] a, float[] b)
        => a.Chunk(10).Zip(b.Chunk(10), (x, y) => Best(x) == Best(y) ? 1.0 : 0.0).Average();

    private static int Best(float[] scores) => TensorPrimitives.IndexOfMax<float>(scores);
}
