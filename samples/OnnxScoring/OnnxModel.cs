using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.OnnxRuntime;

namespace OnnxScoring;

/// <summary>A model in ONNX Runtime, on the first GPU if the CUDA provider is there, else on the CPU.</summary>
internal sealed class OnnxModel : IScoringModel, IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs;
    private readonly long[][] _rowShapes;
    private readonly string[] _outputs;

    private OnnxModel(InferenceSession session, string name, string provider)
    {
        (_session, Name, Provider) = (session, name, provider);
        _inputs = [.. session.InputMetadata.Keys];
        Columns = new ModelColumns(
            [.. session.InputMetadata.Select(input => ModelInput.Create(input.Key, input.Value) ?? throw Unusable(session))]);
        _rowShapes = [.. session.InputMetadata.Values.Select(input => Array.ConvertAll(input.Dimensions[1..], size => (long)size))];
        Outputs = [.. session.OutputMetadata.Select(output => ModelOutput.Create(output.Key, output.Value)).OfType<ModelOutput>()];
        _outputs = [.. Outputs.Select(output => output.Output)];
        if (_outputs.Length == 0 || _inputs.Length == 0)
        {
            throw new StartException($"{name} has no input, or no output of numbers, Booleans or texts: "
                + $"{string.Join(", ", session.OutputNames)}.");
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Provider { get; }

    /// <inheritdoc/>
    public ModelColumns Columns { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ModelOutput> Outputs { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxRows">The most rows that it will score at a time.</param>
    /// <param name="log">Is told why it is not the GPU.</param>
    /// <exception cref="StartException">
    /// There is no such file, it is not safe to run, there is no native ONNX Runtime, or the service cannot fill an input.
    /// </exception>
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
    public IReadOnlyList<ScoredColumn> Score(IReadOnlyList<Array> columns, int rows)
    {
        var inputs = new List<OrtValue>(columns.Count);
        try
        {
            for (int i = 0; i < columns.Count; i++)
            {
                inputs.Add(Columns.Inputs[i].ToTensor(columns[i], [rows, .. _rowShapes[i]]));
            }

            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_options, _inputs, inputs, _outputs);
            return [.. results.Select((result, i) => Outputs[i].Read(result, rows))];
        }
        finally
        {
            inputs.ForEach(input => input.Dispose());
        }
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

    private static StartException Unusable(InferenceSession session)
    {
        string found = string.Join(", ", session.InputMetadata.Select(input => $"{input.Key} ({Describe(input.Value)})"));
        return new StartException(
            $"The service needs a model whose inputs are numbers, Booleans or texts for any number of rows; this one has {found}. "
            + "Export it with ExportToOnnx.");
    }

    private static string Describe(NodeMetadata input)
        => input.IsTensor ? $"{input.ElementDataType}: {string.Join(" × ", input.Dimensions)}" : input.OnnxValueType.ToString();
}
