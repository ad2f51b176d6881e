using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Driver;

/// <summary>Streams, events, graphs.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class StreamTests : GpuTest
{
    [TestMethod]
    public void Capture_Launches_RunAsOftenAsTheGraph()
    {
        using CudaBuffer x = Upload<float>([0]);
        using var module = new CudaModule(Context, TestKernels.Compile(Context.Properties));
        CudaKernel add = module.GetKernel("add");
        nint address = x.Address;

        using CudaGraph graph = Stream.Capture(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                add.Launch(Stream, TestKernels.Line(1, 1), new TestKernels.AddArguments(address, 1, 1));
            }
        });
        Assert.AreEqual(0f, Download<float>(x, 1)[0], "a capture runs nothing");
        for (int i = 0; i < 20; i++)
        {
            graph.Launch(Stream);
        }

        Assert.AreEqual(100f, Download<float>(x, 1)[0]);
        Assert.AreEqual(5, graph.Nodes);
    }

    [TestMethod]
    public void Capture_ForbiddenCall_FailsAndLeavesTheStreamUsable()
    {
        var error = Assert.ThrowsExactly<CudaException>(() => Stream.Capture(Stream.Synchronize));

        StringAssert.Contains(error.Message, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED (900)");
        Stream.Synchronize();
        using CudaBuffer x = Upload<float>([7]);
        Assert.AreEqual(7f, Download<float>(x, 1)[0]);
    }

    [TestMethod]
    public void Capture_OtherThreadFreesMeanwhile_IsNotDisturbed()
    {
        using CudaBuffer x = Upload<byte>([1]);
        var forgotten = new CudaBuffer(Context, 1 << 20);
        nint address = x.Address;

        using CudaGraph graph = Stream.Capture(() =>
        {
            Stream.Fill(address, 5, 1);
            var thread = new Thread(forgotten.Dispose);
            thread.Start();
            thread.Join();
        });
        graph.Launch(Stream);

        Assert.AreEqual(5, Download<byte>(x, 1)[0]);
    }

    [TestMethod]
    public void Capture_OtherThreadsMakeAndDestroyProductLibraries_IsNotDisturbed()
    {
        // Without the lock the driver ends the process: see CaptureLock.
        using CudaBuffer x = Upload<byte>([1]);
        nint address = x.Address;
        using var stop = new CancellationTokenSource();
        long made = 0;
        var other = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                new CublasLtLibrary(Context).Dispose();
                Interlocked.Increment(ref made);
            }
        });
        other.Start();
        try
        {
            for (int i = 0; i < 500 || Interlocked.Read(ref made) < 100; i++)
            {
                byte value = (byte)i;
                using CudaGraph graph = Stream.Capture(() =>
                {
                    for (int node = 0; node < 20; node++)
                    {
                        Stream.Fill(address, value, 1);
                    }
                });
                graph.Launch(Stream);
                Assert.AreEqual(value, Download<byte>(x, 1)[0]);
            }
        }
        finally
        {
            stop.Cancel();
            other.Join();
        }
    }

    [TestMethod]
    public void Events_AroundACopy_TakeItsTime()
    {
        const long bytes = 256L << 20;
        using var source = new CudaBuffer(Context, bytes);
        using var target = new CudaBuffer(Context, bytes);
        using var start = new CudaEvent(Context, CUevent_flags.CU_EVENT_DEFAULT);
        using var end = new CudaEvent(Context, CUevent_flags.CU_EVENT_DEFAULT);

        start.Record(Stream);
        Stream.CopyOnDevice(source.Address, target.Address, bytes);
        end.Record(Stream);
        end.Synchronize();

        // No card moves 100 TB/s, and none needs a second for this.
        float milliseconds = end.MillisecondsSince(start);
        Assert.IsGreaterThan(2 * bytes / 100e12f * 1e3f, milliseconds);
        Assert.IsLessThan(1000f, milliseconds);
    }

    [TestMethod]
    public void Wait_EventOfAnotherStream_OrdersTheWork()
    {
        const long bytes = 512L << 20;
        using var x = new CudaBuffer(Context, bytes);
        using var other = new CudaStream(Context);
        using var filled = new CudaEvent(Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);

        for (int i = 0; i < 10; i++)
        {
            Stream.Fill(x.Address, 3, bytes);
        }

        filled.Record(Stream);
        other.Wait(filled);
        other.Fill(x.Address + (nint)bytes - 1, 8, 1);
        other.Synchronize();

        byte[] last = new byte[2];
        other.Read(x.Address + (nint)bytes - 2, last.AsSpan());
        CollectionAssert.AreEqual(new byte[] { 3, 8 }, last);
    }
}
