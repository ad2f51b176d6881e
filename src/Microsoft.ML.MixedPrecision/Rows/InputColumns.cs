using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Finds the column of rows that fills an input of a plan: the one of its name.</summary>
internal static class InputColumns
{
    /// <summary>The number of each input's column.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="inputs">What a plan reads and nothing in it writes.</param>
    /// <param name="widens">Whether numbers in any format may be widened to an input in Float32; else they are copied as they are.</param>
    /// <param name="sums">Columns of what the host makes of sparse rows for an input of numbers; 0 where it does not.</param>
    /// <exception cref="ArgumentException">An input has no column, or one of another kind, shape or format: the message names
    /// both.</exception>
    public static int[] Of(RowSchema schema, IReadOnlyList<Value> inputs, bool widens, int sums = 0)
        => [.. inputs.Select(input => Of(schema, input, widens, sums))];

    private static int Of(RowSchema schema, Value input, bool widens, int sums)
    {
        int found = schema.Find(input.Name);
        string takes = $"The plan's input '{input.Name}' takes {SchemaColumn.Describe(input.Shape, input.Kind, input.Format)}; ";
        if (found < 0)
        {
            throw new ArgumentException($"{takes}the rows have no such column, but {schema}. Name a column as the input.", nameof(schema));
        }

        SchemaColumn column = schema.Columns[found];
        if (column.Kind == ElementKind.Entry && (input.Kind == ElementKind.Entry || (sums > 0 && sums == input.Columns)))
        {
            return found;
        }

        if (column.Kind != input.Kind || !HasShape(column.Shape, input.Shape))
        {
            throw new ArgumentException($"{takes}the rows' column is {column}. Make the column, or the network's input, as the other.",
                nameof(schema));
        }

        bool fits = column.Kind != ElementKind.Number
            || input.Format.Storage() == column.Format
            || (widens && input.Format == NumericFormat.Float32);
        return fits
            ? found
            : throw new ArgumentException($"{takes}the rows' column is {column}. Read the rows in the format that the network's first "
                + $"product takes.", nameof(schema));
    }

    /// <summary>Lines of an image count only where both sides say them.</summary>
    private static bool HasShape(Shape column, Shape input)
        => column.Rows == input.Rows
            && column.Columns == input.Columns
            && (column.Height is null || input.Height is null || column.Height == input.Height);
}
