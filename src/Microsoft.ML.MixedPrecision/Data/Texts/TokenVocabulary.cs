using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>How many tokens a vocabulary has, noted beside a column of tokens.</summary>
internal static class TokenVocabulary
{
    /// <summary>The annotation's name.</summary>
    private const string Kind = "TokenVocabularySize";

    /// <summary>The annotations of a column of tokens.</summary>
    /// <param name="count">Tokens of the vocabulary.</param>
    public static DataViewSchema.Annotations Of(int count)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(Kind, NumberDataViewType.Int32, (ref int value) => value = count);
        return builder.ToAnnotations();
    }

    /// <summary>What a column says; null where it says nothing.</summary>
    /// <param name="column">The column.</param>
    public static int? Of(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(Kind)?.Type != NumberDataViewType.Int32)
        {
            return null;
        }

        int count = 0;
        column.Annotations.GetValue(Kind, ref count);
        return count;
    }
}
