using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The columns that every row of an <see cref="RowStore"/> has, in the order in which they are stored.</summary>
internal sealed class RowSchema : IEquatable<RowSchema>
{
    /// <summary>Name of a table's features.</summary>
    public const string Features = "features";

    /// <summary>Name of the only target, as the plan's input has it.</summary>
    public const string Target = LossTerm.Target;

    /// <summary>Name of the weights, as the plan's input has it.</summary>
    public const string Weight = LossTerm.Weight;

    /// <summary>Name of the lengths of sequences. What a plan reads of that name is where each example's sequence ends in the batch: the
    /// lengths of it and all before, summed up.</summary>
    public const string Length = PlanBuilder.EndsName;

    /// <summary>Checks the columns.</summary>
    /// <param name="columns">At least one; names differ.</param>
    /// <exception cref="ArgumentException">They cannot stand together; the message says why.</exception>
    public RowSchema(params ReadOnlySpan<SchemaColumn> columns)
    {
        Columns = [.. columns];
        if (Columns.IsEmpty)
        {
            throw new ArgumentException("Rows need at least one column.", nameof(columns));
        }

        foreach (SchemaColumn column in Columns)
        {
            Check(column);
        }
    }

    /// <summary>The columns.</summary>
    public ImmutableArray<SchemaColumn> Columns { get; }

    /// <summary>Rows of a table: one matrix of features, one target, and a weight where there are weights.</summary>
    /// <param name="format">Format of the features.</param>
    /// <param name="features">Features of a row.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="targetNumbers">Numbers of the target; null where it is a class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no features, or no targets.</exception>
    public static RowSchema Table(NumericFormat format, int features, bool hasWeights, int? targetNumbers)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(targetNumbers ?? 1, nameof(targetNumbers));
        SchemaColumn x = SchemaColumn.Numbers(Features, format, Shape.Vector(features));
        SchemaColumn target = targetNumbers is { } numbers
            ? SchemaColumn.Targets(Shape.Vector(numbers))
            : SchemaColumn.Classes(Shape.Vector(1));
        return hasWeights ? new RowSchema(x, target, SchemaColumn.Weights()) : new RowSchema(x, target);
    }

    /// <summary>The same of sparse rows: entries instead of a matrix.</summary>
    /// <param name="format">Format that numbers are rounded to.</param>
    /// <param name="slots">Numbers of a row, zeros counted.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="targetNumbers">Numbers of the target; null where it is a class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no slots, or no targets.</exception>
    public static RowSchema SparseTable(NumericFormat format, int slots, bool hasWeights, int? targetNumbers)
    {
        RowSchema dense = Table(format, features: 1, hasWeights, targetNumbers);
        return dense.With(dense.IndexOf(Features), SchemaColumn.Entries(Features, format, slots));
    }

    /// <summary>Rows of texts and the like: a sequence of ids, one target, and a weight where there are weights.</summary>
    /// <param name="most">Ids of the longest row.</param>
    /// <param name="vocabulary">Ids are below this.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="targetNumbers">Numbers of the target; null where it is a class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no ids, or no targets.</exception>
    public static RowSchema Sequences(int most, int vocabulary, bool hasWeights, int? targetNumbers)
    {
        RowSchema table = Table(NumericFormat.Float32, features: 1, hasWeights, targetNumbers);
        SchemaColumn ids = SchemaColumn.Ids(Features, Shape.Sequence(most, 1), vocabulary).WithLengths(Length);
        return new RowSchema([.. table.Columns.SetItem(table.IndexOf(Features), ids), SchemaColumn.Lengths(Length, most)]);
    }

    /// <summary>The same with a target at each step: a class from 1, or 0 for none; and a weight at each where there are weights.</summary>
    /// <param name="most">Ids of the longest row.</param>
    /// <param name="vocabulary">Ids are below this.</param>
    /// <param name="classes">Classes of a step.</param>
    /// <param name="hasWeights">Whether steps have weights.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no ids, or no classes.</exception>
    public static RowSchema StepClasses(int most, int vocabulary, int classes, bool hasWeights)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        Shape steps = Shape.Sequence(most, 1);
        SchemaColumn ids = SchemaColumn.Ids(Features, steps, vocabulary).WithLengths(Length);
        SchemaColumn target = SchemaColumn.Classes(steps, checked(classes + 1)).WithLengths(Length);
        SchemaColumn lengths = SchemaColumn.Lengths(Length, most);
        return hasWeights
            ? new RowSchema(ids, target, SchemaColumn.StepWeights(most).WithLengths(Length), lengths)
            : new RowSchema(ids, target, lengths);
    }

    /// <summary>The number of a column; −1 where there is none of the name.</summary>
    public int Find(string name)
    {
        for (int column = 0; column < Columns.Length; column++)
        {
            if (Columns[column].Name == name)
            {
                return column;
            }
        }

        return -1;
    }

    /// <summary>The number of a column.</summary>
    /// <exception cref="ArgumentException">There is none of the name.</exception>
    public int IndexOf(string name) => Find(name) is >= 0 and var column
        ? column
        : throw new ArgumentException($"There is no column '{name}'; the rows have {this}.", nameof(name));

    /// <summary>The same columns, one of them changed.</summary>
    public RowSchema With(int column, SchemaColumn changed) => new([.. Columns.SetItem(column, changed)]);

    /// <inheritdoc/>
    public bool Equals(RowSchema? other) => other is not null && Columns.SequenceEqual(other.Columns);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RowSchema);

    /// <inheritdoc/>
    public override int GetHashCode() => Columns.Aggregate(0, (hash, column) => HashCode.Combine(hash, column));

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", Columns);

    private void Check(SchemaColumn column)
    {
        if (Columns.Count(other => other.Name == column.Name) > 1)
        {
            throw new ArgumentException($"Two columns are named '{column.Name}'; names of columns must differ.");
        }

        if ((column.Name == Target && column.Role != RowRole.Target) || (column.Name == Weight && column.Role != RowRole.Weight))
        {
            throw new ArgumentException($"A column of role {column.Role} is named '{column.Name}', which names a target or weights; give "
                + $"it another name.");
        }

        if (column.Shape.IsSequence && !IsOneOfIds(column))
        {
            throw new ArgumentException($"Column '{column.Name}' is a sequence; rows can have one sequence of ids, one at each step, with "
                + "a column of lengths, and beside it a target and a weight at each step, of as many steps and the same lengths.");
        }

        if (column.LengthColumn is not { } name)
        {
            return;
        }

        if (Find(name) is not (>= 0 and var found) || Columns[found].Role != RowRole.Length)
        {
            throw new ArgumentException($"Column '{column.Name}' has its lengths in '{name}', which is no column of lengths; the "
                + $"rows have {this}.");
        }

        if (Columns[found].Limit > (long)column.Shape.Rows + 1)
        {
            throw new ArgumentException($"Column '{column.Name}' has {column.Shape.Rows} positions; its lengths in '{name}' go to "
                + $"{Columns[found].Limit - 1}. Give it as many positions as the largest length.");
        }
    }
    private bool IsOneOfIds(SchemaColumn column)
    {
        SchemaColumn[] ids = [.. Columns.Where(other => other is { Shape.IsSequence: true, Role: RowRole.Input })];
        return ids is [{ Kind: ElementKind.Int32, LengthColumn: { } lengths, Shape: { Columns: 1 } shape }]
            && column.Shape == shape
            && column.LengthColumn == lengths
            && (column.Kind == ElementKind.Int32 || column.Role == RowRole.Weight);
    }
}
