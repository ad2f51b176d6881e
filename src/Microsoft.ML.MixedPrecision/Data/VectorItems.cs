using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>
/// Copies vectors out of rows. A column's type says how long its vectors are, but nobody holds the data to it: a class that ML.NET reads
/// may
/// have an array of any length, or none. Items that such a row lacks would be those of the row before it.
/// </summary>
internal static class VectorItems
{
    /// <summary>Copies a vector.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <param name="vector">The vector, dense or sparse.</param>
    /// <param name="items">Receives all its items.</param>
    /// <param name="place">Whose it is.</param>
    /// <exception cref="InvalidOperationException">It has more items than there is room for, or fewer.</exception>
    public static void CopyTo<T>(in VBuffer<T> vector, Span<T> items, RowPlace place)
    {
        RequireLength(vector, items.Length, place);
        vector.CopyTo(items);
    }

    /// <summary>Requires a vector to have as many items as its column's type says.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <param name="vector">The vector, dense or sparse.</param>
    /// <param name="length">Items of the type.</param>
    /// <param name="place">Whose it is.</param>
    /// <exception cref="InvalidOperationException">It has more, or fewer.</exception>
    public static void RequireLength<T>(in VBuffer<T> vector, int length, RowPlace place)
    {
        if (vector.Length != length)
        {
            throw WrongLength(vector.Length, length, place);
        }
    }

    private static InvalidOperationException WrongLength(int given, int expected, RowPlace place)
    {
        string holds = string.Create(CultureInfo.InvariantCulture, $"{place} holds {given} {(given == 1 ? "value" : "values")}");
        string wanted = string.Create(CultureInfo.InvariantCulture, $"the column's type says {expected}");
        return new InvalidOperationException($"{holds}; {wanted}. Make every row the same size; an array that is null has no values.");
    }
}
