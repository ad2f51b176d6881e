using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>Layer norm followed by GELU, as mlp_medium has it, over (1024, 512).</summary>
public class LayerNormBenchmarks : CpuBenchmark
{
    private LayerNormArguments _arguments;
    private LayerNormGradients _gradients;

    /// <summary>Storage format of the rows.</summary>
    [Params(NumericFormat.Float32, NumericFormat.BFloat16)]
    public NumericFormat Format { get; set; }

    /// <summary>Makes the matrices.</summary>
    [GlobalSetup]
    public void Make()
    {
        _arguments = new LayerNormArguments
        {
            X = Matrix(Format, Rows, Width),
            Y = Matrix(Format, Rows, Width),
            Scale = Matrix(NumericFormat.Float32, 1, Width),
            Shift = Matrix(NumericFormat.Float32, 1, Width),
            Statistics = Matrix(NumericFormat.Float32, Rows, LayerNormKernel.StatisticsColumns),
            Activation = ActivationKind.GeluErf,
            Epsilon = LayerNormKernel.Epsilon,
        };
        _gradients = new LayerNormGradients
        {
            Dy = Matrix(Format, Rows, Width),
            Dx = Matrix(Format, Rows, Width),
            DScale = Matrix(NumericFormat.Float32, 1, Width),
            DShift = Matrix(NumericFormat.Float32, 1, Width),
        };
        Forward();
    }

    /// <summary>y and statistics.</summary>
    [Benchmark]
    public void Forward() => LayerNormKernel.Forward(Device, _arguments);

    /// <summary>dx, dγ and dβ.</summary>
    [Benchmark]
    public void Backward() => LayerNormKernel.Backward(Device, _arguments, _gradients);
}
