using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Where a column of gathered rows goes: a matrix of numbers, or words.</summary>
internal readonly record struct RowDestination
{
    /// <summary>Numbers.</summary>
    /// <param name="column">Number of the column.</param>
    /// <param name="numbers">Receives them: (N · rows of the column's shape, columns), in the column's format or widened to
    /// Float32.</param>
    public RowDestination(int column, Tensor numbers) => (Column, Numbers) = (column, numbers);

    /// <summary>Words.</summary>
    /// <param name="column">Number of the column.</param>
    /// <param name="words">Receives them: of the column's kind and shape, N times.</param>
    public RowDestination(int column, Words words) => (Column, Words) = (column, words);

    /// <summary>Sums of sparse rows, which the host makes of their entries.</summary>
    /// <param name="column">Number of the column.</param>
    /// <param name="sums">Receives them: (N, columns of the table), Float32.</param>
    /// <param name="table">What is summed up: (slots, columns), Float32.</param>
    public RowDestination(int column, Tensor sums, Tensor table) => (Column, Numbers, Table) = (column, sums, table);

    /// <summary>Number of the column.</summary>
    public int Column { get; }

    /// <summary>The table of sums; without rows where numbers or words are copied.</summary>
    public Tensor Table { get; }

    /// <summary>Whether the sums of sparse rows are received.</summary>
    public bool IsSums => Table.Rows > 0;

    /// <summary>Receives numbers.</summary>
    public Tensor Numbers { get; }

    /// <summary>Receives words; of kind <see cref="ElementKind.Number"/> where <see cref="Numbers"/> does.</summary>
    public Words Words { get; }

    /// <summary>Whether numbers are received.</summary>
    public bool IsNumbers => Words.Kind == ElementKind.Number;

    /// <summary>Address of the first element.</summary>
    public nint Address => IsNumbers ? Numbers.Address : Words.Address;

    /// <summary>Bytes, padding of numbers included.</summary>
    public long Bytes => IsNumbers ? Numbers.Bytes : Words.Bytes;

    /// <summary>The same at another address.</summary>
    public RowDestination MovedTo(nint address) => IsNumbers
        ? new RowDestination(Column, Numbers with { Address = address })
        : new RowDestination(Column, Words with { Address = address });

    /// <summary>Whether a column fits here with so many rows.</summary>
    public bool Takes(SchemaColumn column, int rows) => IsSums
        ? column.Kind == ElementKind.Entry
            && Table.Rows == column.Shape.Columns
            && Numbers.Rows >= rows
            && Numbers.Columns == Table.Columns
            && (Numbers.Format, Table.Format) == (NumericFormat.Float32, NumericFormat.Float32)
        : Words.Kind == ElementKind.Entry
        ? column.Kind == ElementKind.Entry && Words.Rows >= rows
        : IsNumbers
        ? column.Kind == ElementKind.Number
            && Numbers.Rows >= (long)rows * column.Shape.Rows
            && Numbers.Columns == column.Shape.Columns
            && (Numbers.Format.Storage() == column.Format || Numbers.Format == NumericFormat.Float32)
        : Words.Kind == column.Kind
            && (column.Shape.IsSequence || Words.Count >= (long)rows * column.Elements);

    /// <summary>For people.</summary>
    public override string ToString() => IsNumbers
        ? $"{Numbers.Rows} rows of {Numbers.Columns} numbers in {Numbers.Format}"
        : $"{Words.Count} words of {Words.Kind}";
}
