using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>A node as ML.NET's transforms see it: they set attributes on it.</summary>
/// <param name="node">The node in the graph.</param>
internal sealed class PipelineOnnxNode(NodeProto node) : OnnxNode
{
    /// <inheritdoc/>
    public override void AddAttribute(string argName, double value) => node.With(argName, (float)value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, long value) => node.With(argName, value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, bool value) => node.With(argName, value ? 1L : 0L);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, Type t) => node.With(argName, (long)OnnxColumnType.ElementOf(t));

    /// <inheritdoc/>
    public override void AddAttribute(string argName, string value) => node.With(argName, value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, ReadOnlyMemory<char> value) => node.With(argName, value.ToString());

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<double> value) => node.With(argName, value.Select(item => (float)item));

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<float> value) => node.With(argName, value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<long> value) => node.With(argName, value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<bool> value) => node.With(argName, value.Select(item => item ? 1L : 0L));

    /// <inheritdoc/>
    public override void AddAttribute(string argName, string[] value) => node.With(argName, (IEnumerable<string>)value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<string> value) => node.With(argName, value);

    /// <inheritdoc/>
    public override void AddAttribute(string argName, IEnumerable<ReadOnlyMemory<char>> value)
        => node.With(argName, value.Select(item => item.ToString()));
}
