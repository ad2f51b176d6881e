using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>Cross-entropy with its gradient, 1024 rows.</summary>
public unsafe class CrossEntropyBenchmarks : CpuBenchmark
{
    private Tensor _logits;
    private Tensor _gradient;
    private Tensor _labels;

    /// <summary>Classes.</summary>
    [Params(10, 1000)]
    public int Classes { get; set; }

    /// <summary>Makes the matrices.</summary>
    [GlobalSetup]
    public void Make()
    {
        (_logits, _gradient) = (Matrix(NumericFormat.Float32, Rows, Classes), Matrix(NumericFormat.BFloat16, Rows, Classes));
        _labels = Matrix(NumericFormat.Float32, 1, Rows);
        for (int row = 0; row < Rows; row++)
        {
            ((int*)_labels.Address)[row] = row % Classes;
        }
    }

    /// <summary>The loss, and its gradient in BFloat16.</summary>
    [Benchmark]
    public double Loss()
    {
        double loss;
        CrossEntropyKernel.Run(Device, new LossArguments
        {
            Logits = _logits,
            Targets = (void*)_labels.Address,
            Divisor = Rows,
            Gradient = _gradient,
            LossSum = &loss,
        });
        return loss;
    }
}
