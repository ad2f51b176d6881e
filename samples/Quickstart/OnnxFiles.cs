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
        OnnxExportReport report = operations.ExportToOnnx(model, testRows, float16, new OnnxExportOptions { Format = NumericFormat.Float16 });

        float[] features = [.. mlContext.Data.CreateEnumerable<Digit>(testRows, reuseRowObject: false).SelectMany(row => row.Pixels)];
        float[] scores32 = Score(float32, features);
        float[] scores16 = Score(float16, features);
        float[] transformed = [.. model.Transform(testRows).GetColumn<float[]>("Score").SelectMany(row => row)];

        AnsiConsole.WriteLine($"ONNX FP32: {new FileInfo(float32).Length:N0} bytes; against Transform: largest difference {Largest(scores32, transformed):E1}, same class for {Agreement(scores32, transformed):P2} of the test rows.");
        AnsiConsole.WriteLine($"ONNX FP16: {new FileInfo(float16).Length:N0} bytes; against ONNX FP32: largest difference {Largest(scores16, scores32):E1}, same class for {Agreement(scores16, scores32):P2} of the test rows.");
        AnsiConsole.WriteLine("What the FP16 export says of itself:");
        AnsiConsole.WriteLine(report.ToString());
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
        => a.Chunk(10).Zip(b.Chunk(10), (x, y) => TensorPrimitives.IndexOfMax<float>(x) == TensorPrimitives.IndexOfMax<float>(y) ? 1.0 : 0.0).Average();
}
