namespace OnnxScoring;

/// <summary>How the rows of a request are written, and its answer.</summary>
internal enum RowsForm
{
    /// <summary>One row: an object with a value, or a vector, for each column.</summary>
    Row,

    /// <summary>An object with an array of values, or of vectors, for each column.</summary>
    Columns,

    /// <summary>An array of rows.</summary>
    Rows,
}

/// <summary>The rows of a request.</summary>
/// <param name="Columns">For each input (rows, width) values, one row after the other.</param>
/// <param name="Count">Rows.</param>
/// <param name="Form">How they were written.</param>
internal readonly record struct RequestRows(IReadOnlyList<Array> Columns, int Count, RowsForm Form);
