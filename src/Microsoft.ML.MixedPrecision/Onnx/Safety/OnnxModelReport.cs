namespace Microsoft.ML.MixedPrecision;

/// <summary>What the check of an ONNX file found; the file is within the limits.</summary>
public sealed class OnnxModelReport
{
    internal OnnxModelReport()
    {
    }

    /// <summary>The inputs' names.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The names of the outputs that can be columns; those whose shape has nothing to do with the number of rows are left
    /// out.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Nodes of the graph.</summary>
    public required int Nodes { get; init; }

    /// <summary>Rows of a batch: those asked for, or those that the file fixes.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The bound of the bytes of all values together, as <see cref="OnnxModelLimits.MaxWorkingBytes"/> counts them.</summary>
    public required long WorkingBytes { get; init; }
}
