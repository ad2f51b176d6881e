using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Optimizers;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>Finite check and updates of 512·512 weights with masters.</summary>
public unsafe class OptimizerBenchmarks : CpuBenchmark
{
    private const int Count = Width * Width;
    private float* _gradient;
    private float* _master;
    private float* _first;
    private float* _second;
    private ushort* _shadow;

    /// <summary>Whether there is a BFloat16 shadow too.</summary>
    [Params(false, true)]
    public bool Shadow { get; set; }

    /// <summary>Makes the arenas; moments and velocity begin at 0.</summary>
    [GlobalSetup]
    public void Make()
    {
        _gradient = Floats();
        _master = Floats();
        _first = Floats();
        _second = Floats();
        new Span<float>(_first, Count).Clear();
        new Span<float>(_second, Count).Clear();
        _shadow = Shadow ? (ushort*)Matrix(NumericFormat.BFloat16, Width, Width).Address : null;
    }

    /// <summary>Σ g² and whether all g are finite.</summary>
    [Benchmark]
    public double FiniteCheck() => FiniteCheckKernel.Run(Device, _gradient, Count).SumOfSquares;

    /// <summary>AdamW.</summary>
    [Benchmark]
    public void AdamW() => AdamWKernel.Run(Device, new AdamWArguments
    {
        Count = Count,
        Gradient = _gradient,
        Master = _master,
        First = _first,
        Second = _second,
        Shadow = _shadow,
        ShadowFormat = NumericFormat.BFloat16,
        Factor = 1,
        LearningRate = 1e-3f,
        Beta1 = 0.9f,
        Beta2 = 0.999f,
        Epsilon = 1e-8f,
        WeightDecay = 1e-2f,
        BiasCorrection1 = 1,
        BiasCorrection2 = 1,
    });

    /// <summary>Gradient descent with momentum.</summary>
    [Benchmark]
    public void Sgd() => SgdKernel.Run(Device, new SgdArguments
    {
        Count = Count,
        Gradient = _gradient,
        Master = _master,
        Velocity = _first,
        Shadow = _shadow,
        ShadowFormat = NumericFormat.BFloat16,
        Factor = 1,
        LearningRate = 1e-6f,
        Momentum = 0.9f,
    });

    private float* Floats() => (float*)Matrix(NumericFormat.Float32, Width, Width).Address;
}
