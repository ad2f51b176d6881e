namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>
/// What an example has of a value: (<see cref="Rows"/>, <see cref="Columns"/>). A table's row is (1, features), a sequence (steps,
/// channels), an image (height · width, channels), row by row of pixels. Channels come last, so that N examples are a matrix (N · rows,
/// columns) and a kernel that looks at
/// rows or columns alone never asks what the rows mean.
/// </summary>
internal readonly record struct Shape
{
    /// <summary>A shape.</summary>
    /// <param name="rows">Rows of an example, at least 1.</param>
    /// <param name="columns">Columns, at least 1: features or channels.</param>
    /// <param name="height">Lines of an image, which the rows are a multiple of; null where the rows are not those of an image.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    /// <exception cref="ArgumentException">The rows are no multiple of the height.</exception>
    public Shape(int rows, int columns, int? height = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height ?? 1, 1, nameof(height));
        if (rows % (height ?? 1) != 0)
        {
            throw new ArgumentException(
                $"An image of {rows} rows cannot have {height} lines of pixels, as {height} does not divide {rows}; give height · "
                    + $"width rows.",
                nameof(height));
        }

        (Rows, Columns, Height) = (rows, columns, height);
    }

    /// <summary>Rows of an example: 1 for tables, steps of a sequence, pixels of an image.</summary>
    public int Rows { get; }

    /// <summary>Columns: features of a table, channels of a sequence or an image.</summary>
    public int Columns { get; }

    /// <summary>Whether an example has as many rows as it is long, <see cref="Rows"/> at most: then those of all examples lie one behind
    /// the other without padding between.</summary>
    public bool IsSequence { get; private init; }

    /// <summary>Lines of an image; null where the rows are not those of an image.</summary>
    public int? Height { get; }

    /// <summary>Pixels of a line; null where the rows are not those of an image.</summary>
    public int? Width => Rows / Height;

    /// <summary>A row of a table.</summary>
    public static Shape Vector(int columns) => new(1, columns);

    /// <summary>A sequence whose length differs from example to example.</summary>
    /// <param name="most">The most steps that an example has.</param>
    /// <param name="columns">Channels.</param>
    public static Shape Sequence(int most, int columns) => new(most, columns) { IsSequence = true };

    /// <summary>An image, channels last.</summary>
    /// <exception cref="OverflowException">There are more than 2³¹ − 1 pixels.</exception>
    public static Shape Image(int height, int width, int channels) => new(checked(height * width), channels, height);

    /// <summary>The same rows with other columns: what an operation makes that treats every row alike.</summary>
    public Shape WithColumns(int columns) => new(Rows, columns, Height) { IsSequence = IsSequence };

    /// <summary>Rows of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">A batch has no steps, of which this is a sequence.</exception>
    /// <exception cref="OverflowException">They are more than 2³¹ − 1.</exception>
    public int RowsOf(BatchSize batch) => !IsSequence
        ? checked(batch.Examples * Rows)
        : batch.Steps > 0 ? batch.Steps : throw new ArgumentException($"A batch of {batch} has no steps; say how many.", nameof(batch));

    /// <inheritdoc/>
    public override string ToString()
        => Height is { } height ? $"({height} · {Width}, {Columns})"
            : IsSequence ? $"(up to {Rows}, {Columns})"
            : Rows == 1 ? $"{Columns}" : $"({Rows}, {Columns})";
}
