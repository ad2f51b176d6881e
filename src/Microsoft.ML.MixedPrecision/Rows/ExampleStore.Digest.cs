using System.Security.Cryptography;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>A digest of the rows, by which a run knows its data again.</content>
internal sealed unsafe partial class ExampleStore
{
    /// <summary>
    /// SHA-256, in hexadecimal, of each row's features in <see cref="Format"/>, target and weight, row after row; how chunks and padding
    /// lie does not count.
    /// </summary>
    public string Digest()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int features = checked(Features * Format.BytesPerElement()), targets = checked((int)TargetBytes), weight = HasWeights
            ? sizeof(float)
            : 0;
        byte[] piece = new byte[Math.Max(PartBytes, features + targets + weight)];
        int filled = 0;
        for (int row = 0; row < Rows; row++)
        {
            if (filled + features + targets + weight > piece.Length)
            {
                hash.AppendData(piece, 0, filled);
                filled = 0;
            }

            Copy(FeaturesOf(row), features);
            Copy(TargetOf(row), targets);
            Copy(WeightOf(row), weight);
        }

        hash.AppendData(piece, 0, filled);
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Copy(void* from, int bytes)
        {
            new ReadOnlySpan<byte>(from, bytes).CopyTo(piece.AsSpan(filled));
            filled += bytes;
        }
    }
}
