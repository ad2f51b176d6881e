using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Driver;

/// <summary>Everything comes back, on whatever thread and in whatever order.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class LifetimeTests : GpuTest
{
    private const long Large = 256L << 20;

    [TestMethod]
    public void Dispose_OnAnotherThread_GivesTheMemoryBack()
    {
        long before = FreeBytes();
        var buffer = new CudaBuffer(Context, Large);
        Assert.IsLessThanOrEqualTo(before - Large, FreeBytes());

        // The thread has no context of its own.
        var thread = new Thread(buffer.Dispose);
        thread.Start();
        thread.Join();

        Assert.AreEqual(before, FreeBytes());
    }

    [TestMethod]
    public void Finalizer_OfForgottenMemory_GivesItBack()
    {
        long before = FreeBytes();
        Forget();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.AreEqual(before, FreeBytes());
    }

    [TestMethod]
    public void Dispose_ContextFirst_KeepsItUntilTheLastObject()
    {
        var context = new CudaContext(0);
        var buffer = new CudaBuffer(context, 64);
        var stream = new CudaStream(context);
        context.Dispose();

        stream.Write<byte>(buffer.Address, [1, 2, 3]);
        byte[] read = new byte[3];
        stream.Read(buffer.Address, read.AsSpan());

        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, read);
        stream.Dispose();
        buffer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => new CudaStream(context));
        Assert.ThrowsExactly<ObjectDisposedException>(() => context.ReadMemory());
        Assert.ThrowsExactly<ObjectDisposedException>(context.MakeCurrent);
    }

    [TestMethod]
    public void Dispose_Twice_IsHarmless()
    {
        var buffer = new CudaBuffer(Context, 64);
        buffer.Dispose();
        buffer.Dispose();
    }

    [TestMethod]
    public void Enter_OnAThreadWithAContext_BringsThatOneBack()
    {
        using (Context.Enter())
        {
            Stream.Synchronize();
        }

        using CudaBuffer x = Upload<byte>([4]);
        Assert.AreEqual(4, Download<byte>(x, 1)[0]);
    }

    [TestMethod]
    public void Loops_1000OfEverything_LeaveTheMemoryAsItWas()
    {
        byte[] cubin = TestKernels.Compile(Context.Properties);
        Once(cubin);
        long before = FreeBytes();

        for (int i = 0; i < 1000; i++)
        {
            Once(cubin);
        }

        Assert.AreEqual(before, FreeBytes());
    }

    private void Once(byte[] cubin)
    {
        using var buffer = new CudaBuffer(Context, 1 << 20);
        using var pinned = new PinnedBuffer(Context, 1 << 12);
        using var stream = new CudaStream(Context);
        using var timed = new CudaEvent(Context, CUevent_flags.CU_EVENT_DEFAULT);
        using var module = new CudaModule(Context, cubin);
        using var library = new CublasLtLibrary(Context);
        CudaKernel add = module.GetKernel("add");
        nint address = buffer.Address;
        using CudaGraph graph = stream.Capture(
            () => add.Launch(stream, TestKernels.Line(1, 1), new TestKernels.AddArguments(address, 1, 1)));
        graph.Launch(stream);
        timed.Record(stream);
        timed.Synchronize();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget() => Assert.AreNotEqual(0, new CudaBuffer(Context, Large).Address);

    private long FreeBytes() => Context.ReadMemory().Free;
}
