namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows × columns of C whose sums are finished together.</summary>
/// <param name="Row">First row.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Column">First column.</param>
/// <param name="Columns">Number of columns.</param>
/// <param name="FinishedRows">Rows whose first columns are finished in registers.</param>
/// <param name="FinishedColumns">How many columns of these.</param>
internal readonly record struct MatmulBlock(int Row, int Rows, int Column, int Columns, int FinishedRows, int FinishedColumns);
