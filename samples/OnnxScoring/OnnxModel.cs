using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OnnxScoring;

/// <summary>A model in ONNX Runtime, on the first GPU if the CUDA provider is there, else on the CPU.</summary>
internal sealed class OnnxModel : IScoringModel, IDisposable
{
    /// <summary>What the exporter, as ML.NET, writes behind the name of a column that is an output.</summary>
    private const string OutputSuffix = ".output";

    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;

    private OnnxModel(InferenceSession session, string name, string provider)
    {
        (_session, Name, Provider) = (session, name, provider);
        (Input, Features) = InputOf(session);
        _inputs = [Input];
        _outputs = [.. session.OutputMetadata.Where(output => CanRead(output.Value)).Select(output => output.Key)];
        if (_outputs.Length == 0)
        {
            throw new StartException($"{name} has no output of numbers, Booleans or texts: {string.Join(", ", session.OutputNames)}.");
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Provider { get; }

    /// <inheritdoc/>
    public string Input { get; }

    /// <inheritdoc/>
    public int Features { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxRows">The most rows that it will score at a time.</param>
    /// <param name="log">Is told why it is not the GPU.</param>
    /// <exception cref="StartException">There is no such file, it is not safe to run, there is no native ONNX Runtime, or the model's input is not one of (rows, N) Single.</exception>
    public static OnnxModel Open(string path, int maxRows, ILogger log)
    {
        if (!File.Exists(path))
        {
            throw new StartException($"--model {path}: there is no such file.");
        }

        // The runtime gets bytes that were read once, not a path: what was looked at is what is opened.
        byte[] file = File.ReadAllBytes(path);
        Check(file, maxRows);
        (InferenceSession session, string provider) = OnnxRuntimeSession.Open(file, log);
        try
        {
            return new OnnxModel(session, Path.GetFileName(path), provider);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ScoredColumn> Score(Memory<float> features, int rows)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, features, [rows, Features]);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_options, _inputs, [input], _outputs);
        return [.. results.Select((result, i) => Column(_outputs[i], Values(result), rows))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _options.Dispose();
        _session.Dispose();
    }

    /// <summary>The file may be of any origin: a small one can make the runtime take all memory.</summary>
    private static void Check(byte[] file, int maxRows)
    {
        try
        {
            using var stream = new MemoryStream(file);
            new MLContext().MixedPrecision().Model.CheckOnnx(stream, batchSize: maxRows);
        }
        catch (OnnxModelRefusedException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    private static (string Name, int Features) InputOf(InferenceSession session)
    {
        if (session.InputMetadata is { Count: 1 } inputs && inputs.Single() is var (name, input)
            && input.IsTensor && input.ElementDataType == TensorElementType.Float && input.Dimensions is [-1, > 0 and int features])
        {
            return (name, features);
        }

        string found = string.Join(", ", session.InputMetadata.Select(input => $"{input.Key} ({input.Value.ElementDataType}: {string.Join(" × ", input.Value.Dimensions)})"));
        throw new StartException($"The service needs a model with one input of (any number of rows, N) Float; this one has {found}.");
    }

    private static bool CanRead(NodeMetadata output) => output.IsTensor && output.ElementDataType
        is TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 or TensorElementType.Int64 or TensorElementType.Bool or TensorElementType.String;

    private static Array Values(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType switch
    {
        TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
        TensorElementType.Int32 => value.GetTensorDataAsSpan<int>().ToArray(),
        TensorElementType.UInt32 => value.GetTensorDataAsSpan<uint>().ToArray(),
        TensorElementType.Int64 => value.GetTensorDataAsSpan<long>().ToArray(),
        TensorElementType.Bool => value.GetTensorDataAsSpan<bool>().ToArray(),
        _ => value.GetStringTensorAsArray(),
    };

    private static ScoredColumn Column(string output, Array values, int rows)
    {
        string name = output.EndsWith(OutputSuffix, StringComparison.Ordinal) ? output[..^OutputSuffix.Length] : output;
        return values.Length % rows == 0
            ? new ScoredColumn(name, values, values.Length / rows)
            : throw new InvalidDataException($"The output {output} has {values.Length} values for {rows} rows: not as many for each.");
    }
}
