using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// A column of a <see cref="RowSchema"/>: what each example has of it. Numbers are kept in <see cref="Format"/>, rows of the
/// <see cref="Shape"/> a multiple of 16 bytes apart, as a <see cref="Tensor"/> has them; words row behind row without padding, as
/// <see cref="Words"/>. So an example is copied into a batch as it lies.
/// </summary>
internal sealed record SchemaColumn
{
    private SchemaColumn(string name, RowRole role, ElementKind kind, Shape shape)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        (Name, Role, Kind, Shape) = (name, role, kind, shape);
        ExampleBytes = kind == ElementKind.Entry ? EntryPlace.Bytes : BytesOf(kind, NumericFormat.Float32, shape);
    }

    /// <summary>Name, by which inputs of a plan find their column.</summary>
    public string Name { get; }

    /// <summary>What it is to training.</summary>
    public RowRole Role { get; }

    /// <summary>What its elements are.</summary>
    public ElementKind Kind { get; }

    /// <summary>What an example has of it.</summary>
    public Shape Shape { get; private init; }

    /// <summary>Storage format of numbers, and the format that those of entries are rounded to; Float32 for all else.</summary>
    public NumericFormat Format { get; private init; } = NumericFormat.Float32;

    /// <summary>What ids, classes and lengths are all below; null where nothing is said.</summary>
    public int? Limit { get; private init; }

    /// <summary>The column that says how many rows of the <see cref="Shape"/> are real; null: all are.</summary>
    public string? LengthColumn { get; private init; }

    /// <summary>Elements of an example.</summary>
    public int Elements => checked(Shape.Rows * Shape.Columns);

    /// <summary>Bytes of an example, padding of numbers included; a multiple of 16 for numbers.</summary>
    public int ExampleBytes { get; private init; }

    /// <summary>The largest power of two, 16 at most, that divides the bytes of an example: where columns and examples begin, and so how
    /// much is copied at a time.</summary>
    public int Alignment => Math.Min(Tensor.RowAlignment, ExampleBytes & -ExampleBytes);

    /// <summary>Numbers that the network reads: features, a sequence of channels.</summary>
    /// <exception cref="OverflowException">An example takes more than 2³¹ − 1 bytes.</exception>
    public static SchemaColumn Numbers(string name, NumericFormat format, Shape shape)
        => new SchemaColumn(name, RowRole.Input, ElementKind.Number, shape).In(format);

    /// <summary>Ids that the network looks up: Int32, from 0 and below <paramref name="limit"/>, padding too.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not positive.</exception>
    public static SchemaColumn Ids(string name, Shape shape, int limit)
        => new(name, RowRole.Input, ElementKind.Int32, shape) { Limit = Positive(limit) };

    /// <summary>Numbers of sparse rows: of each the slots that are not 0, and the numbers in Float32, rounded to a format. What an example
    /// has in the column itself is an <see cref="EntryPlace"/>.</summary>
    /// <param name="name">Name.</param>
    /// <param name="format">Format that the numbers are rounded to.</param>
    /// <param name="slots">Numbers of a row, zeros counted.</param>
    public static SchemaColumn Entries(string name, NumericFormat format, int slots)
        => new(name, RowRole.Input, ElementKind.Entry, Shape.Vector(Positive(slots)))
        {
            Format = format.Storage(),
        };

    /// <summary>How many positions of an example are real: Int32, 0 to <paramref name="most"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no position.</exception>
    public static SchemaColumn Lengths(string name, int most)
        => new(name, RowRole.Length, ElementKind.Int32, Shape.Vector(1)) { Limit = checked(Positive(most) + 1) };

    /// <summary>Bytes that the network reads, such as pixels.</summary>
    public static SchemaColumn Bytes(string name, Shape shape) => new(name, RowRole.Input, ElementKind.Byte, shape);

    /// <summary>Classes that the loss compares with: Int32, from 0 and below <paramref name="limit"/> where one is given.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not positive.</exception>
    public static SchemaColumn Classes(Shape shape, int? limit = null, string name = RowSchema.Target)
        => new(name, RowRole.Target, ElementKind.Int32, shape) { Limit = limit is { } given ? Positive(given) : null };

    /// <summary>Numbers that the loss compares with: Float32.</summary>
    public static SchemaColumn Targets(Shape shape, string name = RowSchema.Target)
        => new(name, RowRole.Target, ElementKind.Float32, shape);

    /// <summary>An example's weight: Float32, and named <see cref="RowSchema.Weight"/>, so that there is one at most.</summary>
    /// <param name="positions">Labelled positions of a row, each of which has a weight of its own: 0 where it is padding.</param>
    public static SchemaColumn Weights(int positions = 1)
        => new(RowSchema.Weight, RowRole.Weight, ElementKind.Float32, new Shape(positions, 1));

    /// <summary>A weight of each step of an example's sequence; see <see cref="Weights"/>.</summary>
    /// <param name="most">Steps of the longest example.</param>
    public static SchemaColumn StepWeights(int most)
        => new(RowSchema.Weight, RowRole.Weight, ElementKind.Float32, Shape.Sequence(most, 1));

    /// <summary>The same numbers in another format.</summary>
    /// <exception cref="InvalidOperationException">The column has words.</exception>
    public SchemaColumn In(NumericFormat format) => In(format, Shape.Columns);

    /// <summary>The same numbers in another format, and as many columns.</summary>
    /// <exception cref="InvalidOperationException">The column has words.</exception>
    /// <exception cref="OverflowException">An example takes more than 2³¹ − 1 bytes.</exception>
    public SchemaColumn In(NumericFormat format, int columns) => Kind == ElementKind.Number
        ? this with
        {
            Format = format.Storage(),
            Shape = Shape.WithColumns(columns),
            ExampleBytes = BytesOf(Kind, format.Storage(), Shape.WithColumns(columns)),
        }
        : throw new InvalidOperationException($"Column '{Name}' has words, {Kind}, and no format.");

    /// <summary>The same column, of whose positions as many are real as another column says.</summary>
    public SchemaColumn WithLengths(string lengthColumn) => this with { LengthColumn = lengthColumn };

    /// <summary>What an example has, for people: <c>20 numbers in Float16</c>.</summary>
    public override string ToString() => $"'{Name}': {Describe(Shape, Kind, Format)}";

    /// <summary>What an example has of a column or a value, for people.</summary>
    public static string Describe(Shape shape, ElementKind kind, NumericFormat format)
        => kind switch
        {
            ElementKind.Number => $"{shape} numbers in {format}",
            ElementKind.Entry => $"entries of sparse rows, {shape.Columns} at most",
            _ => $"{shape} words of {kind}",
        };

    private static int Positive(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }

    private static int BytesOf(ElementKind kind, NumericFormat format, Shape shape) => checked(kind == ElementKind.Number
        ? shape.Rows * Tensor.PitchOf(shape.Columns, format) * format.BytesPerElement()
        : shape.Rows * shape.Columns * kind.BytesPerWord());
}
