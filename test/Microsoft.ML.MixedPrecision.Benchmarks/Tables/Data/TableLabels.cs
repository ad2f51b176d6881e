namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>The labels of a table: of one of three kinds.</summary>
internal sealed class TableLabels
{
    private TableLabels(bool[]? yes, string[]? classes, float[]? amounts) => (Yes, Classes, Amounts) = (yes, classes, amounts);

    /// <summary>Labels of yes or no; null where they are others.</summary>
    public bool[]? Yes { get; }

    /// <summary>Names of classes; null where labels are others.</summary>
    public string[]? Classes { get; }

    /// <summary>Numbers; null where labels are others.</summary>
    public float[]? Amounts { get; }

    /// <summary>Rows.</summary>
    public int Count => Yes?.Length ?? Classes?.Length ?? Amounts!.Length;

    /// <summary>Labels of yes or no.</summary>
    public static TableLabels Of(bool[] yes) => new(yes, null, null);

    /// <summary>Classes.</summary>
    public static TableLabels Of(string[] classes) => new(null, classes, null);

    /// <summary>Numbers.</summary>
    public static TableLabels Of(float[] amounts) => new(null, null, amounts);

    /// <summary>What a row is stratified by: its class; the same text for all rows where labels are numbers.</summary>
    public string Stratum(int row) => Yes?[row].ToString() ?? Classes?[row] ?? "";
}
