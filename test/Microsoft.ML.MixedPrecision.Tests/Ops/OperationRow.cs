using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>A row of the operation table: how to build an operation and what it must compute.</summary>
/// <param name="Name">Name in test output.</param>
/// <param name="OpType">The class that the row covers.</param>
/// <param name="Inputs">Columns of x.</param>
/// <param name="Parameters">Shapes of the parameters.</param>
/// <param name="Build">Appends the operation.</param>
/// <param name="Reference">All rows of y from all rows of x and the parameters, in double precision.</param>
/// <param name="Ids">Where x is ids, Int32 from 0: how many there are to draw from; null where x is numbers.</param>
/// <param name="Draw">Draws a number of x, in Float32 whatever the policy, by its column; null for numbers of the format that it computes
/// in.</param>
internal sealed record OperationRow(
    string Name,
    Type OpType,
    int Inputs,
    (int Rows, int Columns)[] Parameters,
    Func<PlanBuilder, Value, Parameter[], Value> Build,
    Func<double[][], double[][], double[][]> Reference,
    int? Ids = null,
    Func<Random, int, float>? Draw = null)
{
    /// <summary>Where x is entries of sparse rows, <see cref="Inputs"/> of them at most, how many slots there are to draw from; null where
    /// it is not. The reference then gets slots and numbers in turn, −1 behind the last.</summary>
    public int? Slots { get; init; }

    /// <summary>Lengths of examples where x is a sequence, from the first again for more examples, and some rows of no example behind
    /// them; null where each has a row.</summary>
    public int[]? Lengths { get; init; }

    /// <summary>Whether x is a sequence.</summary>
    public bool IsSequence => Lengths is not null;

    /// <summary>Numbers of a row of x, as the reference gets them.</summary>
    public int Width => Slots is null ? Inputs : 2 * Inputs;

    /// <summary>How many roundings follow each other, at most, or come to as much, where a slope makes one larger; null for the number of
    /// parameters.</summary>
    public int? Roundings { get; init; }

    /// <summary>A reference of one row at a time, for operations that look at no other row.</summary>
    public static Func<double[][], double[][], double[][]> Each(Func<double[], double[][], double[]> reference)
        => (x, parameters) => [.. x.Select(row => reference(row, parameters))];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
