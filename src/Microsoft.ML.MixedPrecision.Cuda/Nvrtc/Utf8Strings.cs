using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>Texts as C wants them: an array of addresses of zero-ended UTF-8, in native memory.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly int _count;

    /// <summary>Copies texts.</summary>
    /// <param name="texts">The texts.</param>
    public Utf8Strings(IEnumerable<string> texts)
    {
        string[] all = [.. texts];
        Pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(all.Length, 1), (nuint)sizeof(byte*));
        foreach (string text in all)
        {
            Pointers[_count++] = (byte*)Marshal.StringToCoTaskMemUTF8(text);
        }
    }

    /// <summary>The array; valid until this is disposed of.</summary>
    public byte** Pointers { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointers[i]);
        }

        NativeMemory.Free(Pointers);
    }
}
