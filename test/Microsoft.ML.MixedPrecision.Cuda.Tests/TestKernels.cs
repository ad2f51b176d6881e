using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests;

/// <summary>Small kernels of which the result is known.</summary>
internal static class TestKernels
{
    private const string Header = "__device__ float multiply_add(float a, float x, float y) { return fmaf(a, x, y); }";

    private const string Source = """
        #include "arithmetic.cuh"

        // y = a·x + y; a thread an element.
        extern "C" __global__ void axpy(const float* x, float* y, float a, long long n)
        {
            long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
            if (i < n) y[i] = multiply_add(a, x[i], y[i]);
        }

        struct add_arguments { float* x; float value; int n; };

        // x += value; a thread an element.
        extern "C" __global__ void add(add_arguments a)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < a.n) a.x[i] += a.value;
        }
        """;

    /// <summary>The parameter of <c>add</c>.</summary>
    public readonly record struct AddArguments(nint X, float Value, int N);

    /// <summary>A launch in one dimension.</summary>
    public static LaunchShape Line(int blocks, int threads) => new(((uint)blocks, 1, 1), ((uint)threads, 1, 1));

    /// <summary>Compiles them for a card.</summary>
    public static byte[] Compile(CudaProperties card)
    {
        using var program = new NvrtcProgram(Source, "test.cu", new Dictionary<string, string> { ["arithmetic.cuh"] = Header });
        return program.Compile(Architecture(card), "--std=c++17");
    }

    /// <summary>The compiler's option for a card.</summary>
    public static string Architecture(CudaProperties card) => $"--gpu-architecture=sm_{card.Capability}";
}
