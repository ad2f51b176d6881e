using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests;

/// <summary>A test with a context, current on its thread, and a stream.</summary>
internal abstract class GpuTest
{
    /// <summary>The context; skips or fails the test where there is no card.</summary>
    protected CudaContext Context { get; private set; } = null!;

    /// <summary>A stream in it.</summary>
    protected CudaStream Stream { get; private set; } = null!;

    [TestInitialize]
    public void OpenGpu()
    {
        Context = Gpu.Open();
        Stream = new CudaStream(Context);
    }

    [TestCleanup]
    public void CloseGpu()
    {
        Stream?.Dispose();
        Context?.Dispose();
    }

    /// <summary>Device memory with values in it.</summary>
    protected CudaBuffer Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var buffer = new CudaBuffer(Context, Math.Max(1, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values).Length));
        Stream.Write(buffer.Address, values);
        return buffer;
    }

    /// <summary>What device memory holds.</summary>
    protected T[] Download<T>(CudaBuffer buffer, int count)
        where T : unmanaged
    {
        var values = new T[count];
        Stream.Read(buffer.Address, values.AsSpan());
        return values;
    }
}
