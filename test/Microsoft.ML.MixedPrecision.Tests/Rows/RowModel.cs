using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Rows of a random schema as plain arrays, beside a store that is filled with the same.</summary>
internal sealed class RowModel
{
    private static readonly NumericFormat[] Formats = [NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16];
    private readonly List<byte[][]> _rows = [];
    private readonly Random _random;

    /// <summary>Draws a schema of 1 to 6 columns of any kind, with a target and weights in most of them.</summary>
    public RowModel(int seed)
    {
        _random = new Random(seed);
        var columns = new List<SchemaColumn>();
        for (int i = _random.Next(1, 5); i > 0; i--)
        {
            columns.Add(Column($"column{i}"));
        }

        if (_random.Next(4) > 0)
        {
            columns.Insert(_random.Next(columns.Count + 1), _random.Next(2) == 0
                ? SchemaColumn.Classes(Shape.Vector(1), 1 + _random.Next(5))
                : SchemaColumn.Targets(Shape.Vector(1 + _random.Next(4))));
        }

        if (_random.Next(3) > 0)
        {
            columns.Insert(_random.Next(columns.Count + 1), SchemaColumn.Weights());
        }

        Schema = new RowSchema([.. columns]);
    }

    /// <summary>The columns.</summary>
    public RowSchema Schema { get; }

    /// <summary>Rows so far.</summary>
    public int Rows => _rows.Count;

    /// <summary>The bytes of a row's column, without padding.</summary>
    public byte[] this[int row, int column] => _rows[row][column];

    /// <summary>Appends a random row to the store and here; now and then one is begun before it, written in part and left.</summary>
    public void Append(RowStore store)
    {
        if (_random.Next(3) == 0)
        {
            RowWriter left = store.BeginRow();
            Write(left, _random.Next(Schema.Columns.Length));
        }

        RowWriter writer = store.BeginRow();
        _rows.Add([.. Enumerable.Range(0, Schema.Columns.Length).Select(column => Zeros(Schema.Columns[column]))]);
        for (int column = 0; column < Schema.Columns.Length; column++)
        {
            // What is not written is zero.
            if (_random.Next(8) > 0)
            {
                _rows[^1][column] = Write(writer, column);
            }
        }

        writer.Commit();
    }

    private static byte[] Zeros(SchemaColumn column) => new byte[column.Elements * (column.Kind == ElementKind.Number
        ? column.Format.BytesPerElement()
        : column.Kind.BytesPerWord())];

    private byte[] Write(RowWriter writer, int column)
    {
        SchemaColumn its = Schema.Columns[column];
        switch (its.Kind)
        {
            case ElementKind.Number:
                // Whole numbers to 255 are exact in every format.
                float[] numbers = [.. Enumerable.Range(0, its.Elements).Select(_ => (float)_random.Next(-255, 256))];
                writer.Numbers(column, numbers);
                return [.. numbers.SelectMany(value => Bits(its.Format, value))];
            case ElementKind.Int32:
                int[] ids = [.. Enumerable.Range(0, its.Elements).Select(_ => _random.Next(its.Limit ?? int.MaxValue))];
                ids.CopyTo(writer.Words<int>(column));
                return MemoryMarshal.AsBytes<int>(ids).ToArray();
            case ElementKind.Float32:
                float[] targets = [.. Enumerable.Range(0, its.Elements).Select(_ => _random.NextSingle())];
                targets.CopyTo(writer.Words<float>(column));
                return MemoryMarshal.AsBytes<float>(targets).ToArray();
            default:
                byte[] bytes = new byte[its.Elements];
                _random.NextBytes(bytes);
                bytes.CopyTo(writer.Words<byte>(column));
                return bytes;
        }
    }

    private static byte[] Bits(NumericFormat format, float value) => format switch
    {
        NumericFormat.Float32 => BitConverter.GetBytes(value),
        NumericFormat.Float16 => BitConverter.GetBytes((Half)value),
        _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
    };

    private SchemaColumn Column(string name)
    {
        var shape = new Shape(_random.Next(1, 5), _random.Next(12) == 0 ? _random.Next(1, 200_000) : _random.Next(1, 40));
        return _random.Next(5) switch
        {
            0 or 1 => SchemaColumn.Numbers(name, Formats[_random.Next(Formats.Length)], shape),
            2 => SchemaColumn.Ids(name, shape, 1 + _random.Next(50_000)),
            3 => SchemaColumn.Lengths(name, 1 + _random.Next(100)),
            _ => SchemaColumn.Bytes(name, shape),
        };
    }
}
