using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>A number of a sparse row that is not zero.</summary>
/// <param name="Slot">Its place in the row, from 0; <see cref="None"/> behind the last entry of a row.</param>
/// <param name="Value">The number.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SparseEntry(int Slot, float Value)
{
    /// <summary>The slot of what is no entry. Where one stands, all behind it in the row are none either.</summary>
    public const int None = -1;

    /// <summary>Bytes of an entry.</summary>
    public const int Bytes = sizeof(int) + sizeof(float);
}
