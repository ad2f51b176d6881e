namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// What an ONNX file of unknown origin may ask for. It is checked before ONNX Runtime sees it; the memory is bounded from the shapes of
/// all its values, without running it.
/// </summary>
/// <remarks>
/// Whatever the limits are, refused are: data outside of the file, subgraphs (If, Loop, Scan), functions, sparse tensors, sequences and
/// maps, fields that this library does not know, a session's options inside the file (<c>ort_config</c>), and values whose size does not
/// follow from the inputs' shapes. So is a file exported by this library whose graph is not what its metadata's
/// <c>mixedprecision.sha256</c> was made of: a SHA-256 of
/// everything that decides what the file computes (the graph with its weights, attributes and names, the versions of the operators and of
/// the format), not of other
/// metadata and of what is said about the file. It finds damage, one wrong bit of a weight too, but is no signature: who changes a file on
/// purpose can write
/// another one. Files without such an entry are taken as they are.
/// </remarks>
public sealed class OnnxModelLimits
{
    /// <summary>Most bytes of a file; by default 1 GiB, and never above 2 GiB, which is the format's own limit.</summary>
    public long MaxBytes { get; set; } = 1L << 30;

    /// <summary>Most nodes of the graph; by default 20000.</summary>
    public int MaxNodes { get; set; } = 20_000;

    /// <summary>How deep messages may lie inside each other in the file; by default 16, where a graph without subgraphs needs 8.</summary>
    public int MaxDepth { get; set; } = 16;

    /// <summary>Highest version of the file format (<c>ir_version</c>); by default 13. The lowest is 3.</summary>
    public long MaxIrVersion { get; set; } = 13;

    /// <summary>Highest version of the default operators (<c>opset</c>); by default 26. The lowest is 7.</summary>
    public long MaxOpset { get; set; } = 26;

    /// <summary>Most dimensions of a value; by default 8.</summary>
    public int MaxRank { get; set; } = 8;

    /// <summary>Most bytes of one value of the graph, at the batch size that it is run with; by default 1 GiB.</summary>
    public long MaxValueBytes { get; set; } = 1L << 30;

    /// <summary>
    /// Most bytes of all values together, at the batch size that it is run with: inputs, twice the weights (stored, and packed for
    /// products),
    /// every value that a node makes, and what convolutions unfold; by default 4 GiB. Real use is less, since memory is used again.
    /// </summary>
    public long MaxWorkingBytes { get; set; } = 4L << 30;

    /// <summary>Largest magnitude of a whole number in an attribute that means a size, an axis or a step; by default 2²⁴.</summary>
    public long MaxAttribute { get; set; } = 1L << 24;

    /// <summary>Whether weights may be infinite or not a number; by default they may not.</summary>
    public bool AllowNonFiniteWeights { get; set; }

    /// <summary>
    /// Operators that are accepted besides those that this library knows, by name, those of other domains with the domain before it:
    /// <c>Tile</c>, <c>com.microsoft.Tokenizer</c>. What they make is not bounded, nor is anything computed from it: at the caller's own
    /// risk.
    /// </summary>
    public IReadOnlyList<string> AdditionalOperators { get; set; } = [];
}
