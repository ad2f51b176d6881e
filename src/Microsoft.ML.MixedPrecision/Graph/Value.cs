using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// A matrix that flows between operations: (N · rows, columns) of its <see cref="Shape"/>, where N is the number of examples of the step.
/// It names a place in the plan; the plan gives it memory.
/// </summary>
internal sealed class Value
{
    /// <summary>Creates a value; the plan's methods do.</summary>
    public Value(string name, Shape shape, NumericFormat format, NumericFormat gradientFormat)
    {
        Name = name;
        Shape = shape;
        Format = format;
        GradientFormat = gradientFormat;
    }

    /// <summary>Creates a value of words that come with the rows and have no gradient.</summary>
    /// <param name="name">Name.</param>
    /// <param name="shape">What an example has of it.</param>
    /// <param name="kind">What a word is; not <see cref="ElementKind.Number"/>.</param>
    public Value(string name, Shape shape, ElementKind kind)
        : this(name, shape, NumericFormat.Float32, NumericFormat.Float32)
        => Kind = kind;

    /// <summary>Name for people, for example <c>hidden.0</c>.</summary>
    public string Name { get; }

    /// <summary>What an example has of it.</summary>
    public Shape Shape { get; }

    /// <summary>Columns of the matrix.</summary>
    public int Columns => Shape.Columns;

    /// <summary>Rows where they do not depend on the examples, such as those of statistics over all of them; null where they do.</summary>
    public int? FixedRows { get; init; }

    /// <summary>The value whose memory this one is; null where it has memory of its own. Its gradient is its own in any case.</summary>
    public Value? AliasOf { get; init; }

    /// <summary>The value that has the memory: this one, or at the end of <see cref="AliasOf"/>.</summary>
    public Value Root => AliasOf?.Root ?? this;

    /// <summary>What its elements are: <see cref="OpContext.Words"/> gives those that are no numbers.</summary>
    public ElementKind Kind { get; }

    /// <summary>Storage format of numbers.</summary>
    public NumericFormat Format { get; set; }

    /// <summary>Storage format of the gradient with respect to this value, which is an operand of its producer's products.</summary>
    public NumericFormat GradientFormat { get; }

    /// <summary>The operation that writes this value; null for the network's input.</summary>
    public Op? Producer { get; set; }

    /// <summary>
    /// Whether training needs the gradient with respect to this value: a parameter that trains, or a value that needs one, lies before it.
    /// </summary>
    public bool NeedsGradient { get; set; }

    /// <summary>Rows of a batch.</summary>
    public int RowsOf(BatchSize batch) => FixedRows ?? Shape.RowsOf(batch);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} (N, {Shape}) {Format}";
}
