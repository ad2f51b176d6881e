using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>A kernel that holds a card's order of work until it is released, or for a minute at most.</summary>
internal sealed unsafe class SpinningKernel : IDisposable
{
    private const string Source = """
        // Waits until flags[0] is set by the host; flags[1] says that it runs, flags[2] that it has ended.
        extern "C" __global__ void spin(volatile int* flags)
        {
            unsigned long long start, now;
            asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
            now = start;
            flags[1] = 1;
            while (flags[0] == 0 && now - start < 60000000000ull)
                asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
            flags[2] = 1;
        }
        """;

    private readonly CudaDevice _device;
    private readonly CudaModule _module;
    private readonly CudaKernel _kernel;
    private readonly PinnedBuffer _flags;

    public SpinningKernel(CudaDevice device)
    {
        _device = device;
        using var program = new NvrtcProgram(Source, "spin.cu", new Dictionary<string, string>());
        _module = new CudaModule(device.Context, program.Compile(TestKernels.Architecture(device.Properties), "--std=c++17"));
        _kernel = _module.GetKernel("spin");
        _flags = new PinnedBuffer(device.Context, 3 * sizeof(int));
        _flags.AsSpan<int>().Clear();
    }

    /// <summary>Whether it runs now.</summary>
    public bool IsSpinning => Flags[1] == 1 && Volatile.Read(ref Flags[2]) == 0;

    private Span<int> Flags => _flags.AsSpan<int>();

    /// <summary>Starts it and waits until it runs.</summary>
    public void Start()
    {
        nint flags = _flags.Address;
        void* argument = &flags;
        _device.Context.MakeCurrent();
        _kernel.Launch(_device.Stream, new LaunchShape((1, 1, 1), (1, 1, 1)), &argument);
        Assert.IsTrue(SpinWait.SpinUntil(() => Volatile.Read(ref Flags[1]) == 1, TimeSpan.FromSeconds(10)), "it does not start");
    }

    /// <summary>Lets it end.</summary>
    public void Release() => Volatile.Write(ref Flags[0], 1);

    public void Dispose()
    {
        Release();
        _device.Synchronize();
        _flags.Dispose();
        _module.Dispose();
    }
}
