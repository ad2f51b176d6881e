using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary><c>PredictedLabel</c>: of each word the key of the largest probability at its first token, the first of equals, and 0, missing,
/// for a word that is left out or where all are NaN; <c>Score</c>: the probabilities there, word behind word, NaN for a word that is left
/// out.</summary>
/// <param name="places">Name of the column that says where the words' tokens begin.</param>
/// <param name="classes">Probabilities of a token.</param>
internal sealed class TokenColumns(string places, int classes) : ScoreColumns
{
    /// <inheritdoc/>
    public override string Beside => places;

    /// <inheritdoc/>
    public override Delegate Getter(string column, RowScores scores, DataViewRow row)
    {
        ValueGetter<VBuffer<int>> getPlaces = row.GetGetter<VBuffer<int>>(row.Schema[places]);
        VBuffer<int> at = default;
        int[] dense = [];
        ReadOnlySpan<int> Places()
        {
            getPlaces(ref at);
            dense = dense.Length < at.Length ? new int[at.Length] : dense;
            at.CopyTo(dense);
            return dense.AsSpan(0, at.Length);
        }

        return column == DefaultColumnNames.Score
            ? (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => Scores(Places(), scores(), ref value))
            : (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> value) => Keys(Places(), scores(), ref value));
    }

    private void Scores(ReadOnlySpan<int> at, ReadOnlySpan<float> scores, ref VBuffer<float> value)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, checked(at.Length * classes));
        for (int word = 0; word < at.Length; word++)
        {
            Span<float> to = editor.Values.Slice(word * classes, classes);
            if (at[word] < 0)
            {
                to.Fill(float.NaN);
            }
            else
            {
                scores.Slice(at[word] * classes, classes).CopyTo(to);
            }
        }

        value = editor.Commit();
    }

    private void Keys(ReadOnlySpan<int> at, ReadOnlySpan<float> scores, ref VBuffer<uint> value)
    {
        VBufferEditor<uint> editor = VBufferEditor.Create(ref value, at.Length);
        for (int word = 0; word < at.Length; word++)
        {
            editor.Values[word] = at[word] < 0 ? 0 : (uint)(MathUtils.ArgMax(scores.Slice(at[word] * classes, classes)) + 1);
        }

        value = editor.Commit();
    }
}
