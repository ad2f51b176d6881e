using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>The names: which variable of the graph a column is, and the constants.</summary>
internal sealed partial class PipelineOnnxContext
{
    /// <inheritdoc/>
    public override bool IsVariableDefined(string variableName) => Graph.HasValue(variableName);

    /// <inheritdoc/>
    public override bool ContainsColumn(string colName) => _columns.ContainsKey(colName);

    /// <inheritdoc/>
    public override string GetVariableName(string colName) => _columns[colName];

    /// <inheritdoc/>
    public override void RemoveColumn(string colName, bool removeVariable = false)
    {
        if (removeVariable && _columns.TryGetValue(colName, out var variable))
        {
            _types.Remove(variable);
        }

        _columns.Remove(colName);
    }

    /// <inheritdoc/>
    public override void RemoveVariable(string variableName, bool removeColumn)
    {
        if (removeColumn)
        {
            _types.Remove(variableName);
        }

        foreach (string column in _columns.Where(entry => entry.Value == variableName).Select(entry => entry.Key).ToList())
        {
            _columns.Remove(column);
        }
    }

    /// <inheritdoc/>
    /// <remarks>An input that nothing reads is pruned from the finished graph, so that forgetting its name is enough.</remarks>
    public override void RemoveInputVariable(string variableName) => RemoveColumn(variableName, removeVariable: true);

    /// <inheritdoc/>
    /// <remarks>ML.NET's calibrators give no type where the shape is skipped.</remarks>
    public override string AddIntermediateVariable(DataViewType? type, string colName, bool skip = false)
    {
        string name = Graph.ReserveValueName(colName);
        _columns[colName] = name;
        if (type is not null)
        {
            _elements[name] = OnnxColumnType.ElementOf(((type as VectorDataViewType)?.ItemType ?? type).RawType);
        }

        if (!skip)
        {
            _types[name] = OnnxColumnType.Of(type!, colName);
        }

        return name;
    }

    /// <inheritdoc/>
    /// <remarks>−1 stands for the number of rows.</remarks>
    public override List<long> RetrieveShapeOrNull(string variableName)
        => _types.TryGetValue(variableName, out var type) ? [-1, .. type.Dimensions] : null!;

    /// <inheritdoc/>
    public override string AddInitializer(bool value, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Bool, [value], [], name ?? "bool");

    /// <inheritdoc/>
    public override string AddInitializer(float value, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Float, [value], [], name ?? "float");

    /// <inheritdoc/>
    public override string AddInitializer(int value, Type type, string? name = null, bool makeUniqueName = true)
        => AddInteger([value], type, [], name ?? "int32");

    /// <inheritdoc/>
    public override string AddInitializer(string value, string? name = null, bool makeUniqueName = true)
        => AddInitializer([value], [], name ?? "string");

    /// <inheritdoc/>
    public override string AddInitializer(long value, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Int64, [value], [], name ?? "int64");

    /// <inheritdoc/>
    public override string AddInitializer(double value, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Double, [value], [], name ?? "double");

    /// <inheritdoc/>
    public override string AddInitializer(ulong value, bool isUint64, string? name = null, bool makeUniqueName = true)
        => AddInitializer([value], isUint64, [], name ?? "uint64");

    /// <inheritdoc/>
    public override string AddInitializer(IEnumerable<bool> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Bool, [.. values], dims, name ?? "bools");

    /// <inheritdoc/>
    public override string AddInitializer(
        IEnumerable<float> values,
        IEnumerable<long> dims,
        string? name = null,
        bool makeUniqueName = true)
        => Add(OnnxElementType.Float, [.. values], dims, name ?? "floats");

    /// <inheritdoc/>
    public override string AddInitializer(
        IEnumerable<int> values,
        Type type,
        IEnumerable<long> dims,
        string? name = null,
        bool makeUniqueName = true)
        => AddInteger([.. values], type, dims, name ?? "int32s");

    /// <inheritdoc/>
    public override string AddInitializer(
        IEnumerable<string> values,
        IEnumerable<long> dims,
        string? name = null,
        bool makeUniqueName = true)
    {
        string[] items = [.. values];
        return Graph.AddInitializer(OnnxTensors.Strings(Graph.ReserveValueName(name ?? "strings"), items, Shape(dims, items.Length))).Name;
    }

    /// <inheritdoc/>
    public override string AddInitializer(IEnumerable<long> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true)
        => Add(OnnxElementType.Int64, [.. values], dims, name ?? "int64s");

    /// <inheritdoc/>
    public override string AddInitializer(
        IEnumerable<double> values,
        IEnumerable<long> dims,
        string? name = null,
        bool makeUniqueName = true)
        => Add(OnnxElementType.Double, [.. values], dims, name ?? "doubles");

    /// <inheritdoc/>
    public override string AddInitializer(
        IEnumerable<ulong> values,
        bool isUint64,
        IEnumerable<long> dims,
        string? name = null,
        bool makeUniqueName = true)
        => isUint64
            ? Add(OnnxElementType.UInt64, [.. values], dims, name ?? "uints")
            : Add(OnnxElementType.UInt32, [.. values.Select(value => checked((uint)value))], dims, name ?? "uints");

    private string AddInteger(int[] values, Type type, IEnumerable<long> dims, string name) => OnnxColumnType.ElementOf(type) switch
    {
        OnnxElementType.Int8 => Add(OnnxElementType.Int8, Array.ConvertAll(values, value => checked((sbyte)value)), dims, name),
        OnnxElementType.UInt8 => Add(OnnxElementType.UInt8, Array.ConvertAll(values, value => checked((byte)value)), dims, name),
        OnnxElementType.Int16 => Add(OnnxElementType.Int16, Array.ConvertAll(values, value => checked((short)value)), dims, name),
        OnnxElementType.UInt16 => Add(OnnxElementType.UInt16, Array.ConvertAll(values, value => checked((ushort)value)), dims, name),
        OnnxElementType.Bool => Add(OnnxElementType.Bool, Array.ConvertAll(values, value => value != 0), dims, name),
        OnnxElementType.Int32 => Add(OnnxElementType.Int32, values, dims, name),
        var other => throw new NotSupportedException($"The constant '{name}' of 32-bit integers was asked for as {other}; integers of "
            + $"32 bits or fewer are allowed."),
    };

    private string Add<T>(OnnxElementType type, T[] values, IEnumerable<long>? dims, string name)
        where T : unmanaged
        => Graph.AddInitializer(OnnxTensors.Wrap(Graph.ReserveValueName(name), type, values, Shape(dims, values.Length))).Name;

    /// <summary>The shape of a constant; ML.NET leaves it out where it means a plain list.</summary>
    private static long[] Shape(IEnumerable<long>? dims, int count) => dims is null ? [count] : [.. dims];
}
