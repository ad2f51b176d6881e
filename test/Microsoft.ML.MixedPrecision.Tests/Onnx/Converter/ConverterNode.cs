using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>A node of <see cref="ConverterContext"/>.</summary>
internal sealed class ConverterNode(NodeProto node) : OnnxNode
{
    public static OnnxElementType ElementOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Single => OnnxElementType.Float,
        TypeCode.Double => OnnxElementType.Double,
        TypeCode.Boolean => OnnxElementType.Bool,
        TypeCode.Int32 => OnnxElementType.Int32,
        TypeCode.Int64 => OnnxElementType.Int64,
        TypeCode.UInt32 => OnnxElementType.UInt32,
        _ => type == typeof(ReadOnlyMemory<char>) || type == typeof(string) ? OnnxElementType.String : throw new NotSupportedException(type.ToString()),
    };

    public override void AddAttribute(string argName, double value) => node.With(argName, (float)value);

    public override void AddAttribute(string argName, long value) => node.With(argName, value);

    public override void AddAttribute(string argName, bool value) => node.With(argName, value ? 1L : 0L);

    public override void AddAttribute(string argName, Type t) => node.With(argName, (long)ElementOf(t));

    public override void AddAttribute(string argName, string value) => node.With(argName, value);

    public override void AddAttribute(string argName, ReadOnlyMemory<char> value) => node.With(argName, value.ToString());

    public override void AddAttribute(string argName, IEnumerable<double> value) => node.With(argName, value.Select(item => (float)item));

    public override void AddAttribute(string argName, IEnumerable<float> value) => node.With(argName, value);

    public override void AddAttribute(string argName, IEnumerable<long> value) => node.With(argName, value);

    public override void AddAttribute(string argName, IEnumerable<bool> value) => node.With(argName, value.Select(item => item ? 1L : 0L));

    public override void AddAttribute(string argName, string[] value) => node.With(argName, (IEnumerable<string>)value);

    public override void AddAttribute(string argName, IEnumerable<string> value) => node.With(argName, value);

    public override void AddAttribute(string argName, IEnumerable<ReadOnlyMemory<char>> value) => node.With(argName, value.Select(item => item.ToString()));
}
