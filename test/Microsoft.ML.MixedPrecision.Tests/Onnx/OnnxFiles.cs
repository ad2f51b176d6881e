using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Runs ONNX files in ONNX Runtime, from bytes.</summary>
internal static class OnnxFiles
{
    /// <summary>The finished model of a graph.</summary>
    public static byte[] Finish(OnnxGraphBuilder graph) => OnnxModelFile.Create(graph, "test", []).ToByteArray();

    /// <summary>Writes networks into a graph.</summary>
    public static OnnxNetworkWriter Writer(OnnxGraphBuilder graph, OnnxArithmetic arithmetic)
        => new(graph, new OnnxWriting { Arithmetic = arithmetic });

    /// <summary>One input in, the output's FP32 values out.</summary>
    public static float[] Run<T>(byte[] file, T[] x, int rows, string output)
        where T : unmanaged
    {
        using var input = OrtValue.CreateTensorValueFromMemory(x, [rows, x.Length / rows]);
        using var session = new InferenceSession(file);
        using var run = new RunOptions();
        using var results = session.Run(run, session.InputNames, [input], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
