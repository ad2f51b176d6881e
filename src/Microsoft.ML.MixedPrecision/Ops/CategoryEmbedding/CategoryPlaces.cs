namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Where a row's categories stand, and where each one's levels stand in the table.</summary>
/// <remarks>
/// A category of K levels has K + 2 neighbouring rows of the table: that of the missing, that of the unseen, and those of levels 1 to K. A
/// number v of a row stands for the first if it is 0, for row 1 + v if it is whole and from 1 to K, and for the unseen if it is anything
/// else, NaN among them.
/// </remarks>
internal sealed class CategoryPlaces
{
    /// <summary>Rows of a category's part of the table besides those of its levels.</summary>
    public const int Others = 2;

    private readonly int[] _starts;

    /// <summary>Numbers the rows of the table.</summary>
    /// <param name="categories">The categories of a row.</param>
    public CategoryPlaces(CategoryColumns categories)
    {
        First = categories.First;
        _starts = new int[categories.Levels.Count + 1];
        for (int i = 0; i < categories.Levels.Count; i++)
        {
            _starts[i + 1] = checked(_starts[i] + categories.Levels[i] + Others);
        }
    }

    /// <summary>The first column of x that is a category.</summary>
    public int First { get; }

    /// <summary>Categories, m.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Rows of the table.</summary>
    public int Rows => _starts[^1];

    /// <summary>The first row of each category, and behind the last one <see cref="Rows"/>.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>The row of the table that a number stands for.</summary>
    /// <param name="category">Number of the category.</param>
    /// <param name="value">The number.</param>
    public int RowOf(int category, float value)
    {
        int start = _starts[category], levels = _starts[category + 1] - start - Others;
        return value == 0 ? start
            : value >= 1 && value <= levels && value == (int)value ? start + 1 + (int)value
            : start + 1;
    }
}
