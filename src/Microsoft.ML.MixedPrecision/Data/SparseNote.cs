using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>What a user should know of sparse features before they are all read: rows are stored dense, and take more room than the data
/// suggest.</summary>
/// <param name="Column">The features' column.</param>
/// <param name="DataSet">What messages call the data: <c>training set</c>.</param>
/// <param name="Features">Features of a row.</param>
/// <param name="Format">Format that they are stored in.</param>
/// <param name="RowBytes">Bytes of a row.</param>
/// <param name="Rows">Rows; null where the data do not say before they are read.</param>
internal sealed record SparseNote(string Column, string DataSet, int Features, NumericFormat Format, long RowBytes, long? Rows)
{
    private const double MiB = 1 << 20, GiB = 1 << 30;

    /// <summary>Bytes of a row from which on it is a lot, whatever the number of rows.</summary>
    private const long LargeRow = 1 << 18;

    /// <summary>Whether it is more than a GiB, or than main memory may hold of it.</summary>
    /// <param name="memoryLimit">Bytes of rows that are kept in main memory.</param>
    public bool IsLarge(long memoryLimit)
        => Rows is { } rows ? (double)rows * RowBytes >= Math.Min(GiB, memoryLimit) : RowBytes >= LargeRow;

    /// <summary>What to do about it.</summary>
    /// <param name="memoryLimit">Bytes of rows that are kept in main memory.</param>
    public static string Remedy(long memoryLimit) => string.Create(
        CultureInfo.InvariantCulture,
        $"Make fewer features (fewer bits of a hash, fewer n-grams, or FeatureSelection.SelectFeaturesBasedOnCount); rows beyond "
            + $"MemoryLimit, {memoryLimit:N0} bytes, go to a temporary file.");

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"Column '{Column}' is sparse; rows are stored dense: {RowBytes} bytes for the {Features} features of a row in {Format}, {All()}.");

    private string All()
    {
        if (Rows is not { } rows)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a GiB for {GiB / RowBytes:0} rows of the {DataSet}");
        }

        double bytes = (double)rows * RowBytes;
        return string.Create(CultureInfo.InvariantCulture, $"{(bytes < GiB ? bytes / MiB : bytes / GiB):0.#} "
            + $"{(bytes < GiB ? "MiB" : "GiB")} for the {rows} rows of the {DataSet}");
    }
}
