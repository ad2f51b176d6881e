using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>The three products of a hidden layer, 512 to 512 with 1024 rows, with the epilogues that training gives them, and its bias's
/// gradient.</summary>
public class ProductBenchmarks : CpuBenchmark
{
    private MatmulArguments _forward;
    private MatmulArguments _inputGradient;
    private MatmulArguments _weightGradient;
    private Tensor _biasGradient;

    /// <summary>Format of the operands; 16-bit results are stored in 16 bits.</summary>
    [Params(NumericFormat.Float32, NumericFormat.TensorFloat32, NumericFormat.Float16, NumericFormat.BFloat16)]
    public NumericFormat Format { get; set; }

    /// <summary>Makes the matrices.</summary>
    [GlobalSetup]
    public void Make()
    {
        Tensor x = Matrix(Format, Rows, Width), y = Matrix(Format, Rows, Width), weight = Matrix(Format, Width, Width);
        _forward = new MatmulArguments
        {
            A = x,
            B = weight,
            TransposeB = true,
            C = y,
            Bias = Matrix(Format, 1, Width),
            Activation = ActivationKind.Relu,
        };
        _inputGradient = new MatmulArguments
        {
            A = y,
            B = weight,
            C = Matrix(Format, Rows, Width),
            GradientOf = ActivationKind.Relu,
            Saved = x,
        };
        _weightGradient = new MatmulArguments { A = y, TransposeA = true, B = x, C = Matrix(NumericFormat.Float32, Width, Width) };
        _biasGradient = Matrix(NumericFormat.Float32, 1, Width);
    }

    /// <summary>y = relu(x·Wᵀ + b).</summary>
    [Benchmark]
    public void Forward() => Matmul.Run(Device, _forward);

    /// <summary>dx = (dy·W) ⊙ relu′(x).</summary>
    [Benchmark]
    public void InputGradient() => Matmul.Run(Device, _inputGradient);

    /// <summary>dW = dyᵀ·x.</summary>
    [Benchmark]
    public void WeightGradient() => Matmul.Run(Device, _weightGradient);

    /// <summary>db = Σ rows of dy.</summary>
    [Benchmark]
    public void BiasGradients() => BiasGradient.Run(Device, _inputGradient.A, _biasGradient, accumulate: false);
}
