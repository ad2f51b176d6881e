using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Ids of a row as ML.NET sees them: of each token its id and 1 more, 0 behind the last; sparse, as most rows are shorter than the
/// longest may be.</summary>
internal static class TokenVector
{
    /// <summary>Writes the vector.</summary>
    /// <param name="ids">The ids, at most as many as the vector is long.</param>
    /// <param name="length">Length of the vector.</param>
    /// <param name="tokens">Receives it; its memory is reused.</param>
    public static void Copy(ReadOnlySpan<int> ids, int length, ref VBuffer<float> tokens)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref tokens, length, ids.Length);
        bool isSparse = ids.Length < length;
        for (int i = 0; i < ids.Length; i++)
        {
            editor.Values[i] = ids[i] + 1;
            if (isSparse)
            {
                editor.Indices[i] = i;
            }
        }

        tokens = editor.Commit();
    }
}
