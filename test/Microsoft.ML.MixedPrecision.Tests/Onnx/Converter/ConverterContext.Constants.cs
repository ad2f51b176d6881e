using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>The constants, each a variable and so a column too.</summary>
internal sealed partial class ConverterContext
{
    public override string AddInitializer(bool value, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Bool, [value], [], name ?? "bool");

    public override string AddInitializer(float value, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Float, [value], [], name ?? "float");

    public override string AddInitializer(int value, Type type, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Int32, [value], [], name ?? "int32");

    public override string AddInitializer(string value, string? name = null, bool makeUniqueName = true) => AddTexts([value], [], name ?? "string");

    public override string AddInitializer(long value, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Int64, [value], [], name ?? "int64");

    public override string AddInitializer(double value, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Double, [value], [], name ?? "double");

    public override string AddInitializer(ulong value, bool isUint64, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.UInt64, [value], [], name ?? "uint64");

    public override string AddInitializer(IEnumerable<bool> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Bool, [.. values], Checked(values, dims), name ?? "bools");

    public override string AddInitializer(IEnumerable<float> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Float, [.. values], Checked(values, dims), name ?? "floats");

    public override string AddInitializer(IEnumerable<int> values, Type type, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Int32, [.. values], Checked(values, dims), name ?? "int32s");

    public override string AddInitializer(IEnumerable<string> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => AddTexts([.. values], Checked(values, dims), name ?? "strings");

    public override string AddInitializer(IEnumerable<long> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Int64, [.. values], Checked(values, dims), name ?? "int64s");

    public override string AddInitializer(IEnumerable<double> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.Double, [.. values], Checked(values, dims), name ?? "doubles");

    public override string AddInitializer(IEnumerable<ulong> values, bool isUint64, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true) => Add(OnnxElementType.UInt64, [.. values], Checked(values, dims), name ?? "uints");

    private string Add<T>(OnnxElementType type, T[] values, long[] dimensions, string name)
        where T : unmanaged
    {
        string variable = AddVariable(name);
        _graph.Initializer.Add(OnnxTensors.Wrap(variable, type, values, dimensions));
        return variable;
    }

    private string AddTexts(string[] values, long[] dimensions, string name)
    {
        string variable = AddVariable(name);
        _graph.Initializer.Add(OnnxTensors.Strings(variable, values, dimensions));
        return variable;
    }

    /// <summary>As ML.NET does, which fails where there are no dimensions.</summary>
    private static long[] Checked<T>(IEnumerable<T> values, IEnumerable<long>? dims)
    {
        if (dims is null)
        {
            return [values.Count()];
        }

        Assert.AreEqual(values.Count(), dims.Aggregate((product, dimension) => product * dimension), "Number of elements doesn't match tensor size");
        return [.. dims];
    }
}
