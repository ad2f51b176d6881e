using System.Buffers;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>The bytes of an array, seen in place: weights go into a file without a copy.</summary>
/// <typeparam name="T">Element type of the array.</typeparam>
/// <param name="array">The array; it must not change until the file is written.</param>
internal sealed class ArrayBytes<T>(T[] array) : MemoryManager<byte>
    where T : unmanaged
{
    /// <inheritdoc/>
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(array.AsSpan());

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
        return new MemoryHandle((byte*)handle.AddrOfPinnedObject() + elementIndex, handle);
    }

    /// <inheritdoc/>
    /// <remarks>The pin is the handle's own: disposing the handle frees it.</remarks>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
