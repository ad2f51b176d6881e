using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>Activations alone, over (1024, 512).</summary>
public class ActivationBenchmarks : CpuBenchmark
{
    private Tensor _x;
    private Tensor _y;
    private Tensor _dy;

    /// <summary>Which one.</summary>
    [Params(
        ActivationKind.Relu,
        ActivationKind.Gelu,
        ActivationKind.GeluErf,
        ActivationKind.Silu,
        ActivationKind.Tanh,
        ActivationKind.Sigmoid)]
    public ActivationKind Kind { get; set; }

    /// <summary>Storage format of all matrices.</summary>
    [Params(NumericFormat.Float32, NumericFormat.BFloat16)]
    public NumericFormat Format { get; set; }

    /// <summary>Makes the matrices.</summary>
    [GlobalSetup]
    public void Make() => (_x, _y, _dy) = (Matrix(Format, Rows, Width), Matrix(Format, Rows, Width), Matrix(Format, Rows, Width));

    /// <summary>y = act(x).</summary>
    [Benchmark]
    public void Forward() => Activations.Forward(Device, Kind, _x, _y);

    /// <summary>dx = dy ⊙ act′(saved).</summary>
    [Benchmark]
    public void Backward() => Activations.Backward(Device, Kind, _dy, _x, _y);
}
