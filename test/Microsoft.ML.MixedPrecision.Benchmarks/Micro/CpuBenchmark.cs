using BenchmarkDotNet.Attributes;
using Microsoft.ML.MixedPrecision.Benchmarks.Products;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>A CPU device on all threads, and random matrices of the sizes of a hidden layer of mlp_small that live as long as it.</summary>
public abstract class CpuBenchmark
{
    /// <summary>Rows of a batch.</summary>
    internal const int Rows = 1024;

    /// <summary>Width of a layer.</summary>
    internal const int Width = 512;

    private readonly List<IDisposable> _owned = [];
    private int _seed;

    internal CpuDevice Device { get; } = new();

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Free()
    {
        _owned.ForEach(owned => owned.Dispose());
        Device.Dispose();
    }

    /// <summary>A matrix of standard normal numbers, (rows, columns) in a format, which may be one of operands.</summary>
    internal Tensor Matrix(NumericFormat format, int rows, int columns)
    {
        var matrix = new RandomMatrix(Device, format.Storage(), rows, columns, ++_seed);
        _owned.Add(matrix);
        return matrix.Value.As(format);
    }
}
