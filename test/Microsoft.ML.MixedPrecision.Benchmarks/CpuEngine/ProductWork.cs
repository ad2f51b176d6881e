using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Products;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>A product alone: C = A·Bᵀ, all three square and in the policy's format.</summary>
internal sealed class ProductWork : CpuWork
{
    private readonly CpuDevice _device;
    private readonly RandomMatrix _a;
    private readonly RandomMatrix _b;
    private readonly RandomMatrix _c;
    private readonly MatmulArguments _product;
    private readonly int _size;

    /// <summary>Makes the operands.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="size">Rows and columns.</param>
    /// <param name="policy">Formats.</param>
    public ProductWork(CpuDevice device, int size, PrecisionPolicy policy)
        : base($"gemm_{size}", policy, 2.0 * size * size * size)
    {
        NumericFormat operand = policy.ComputeFormat, storage = operand.Storage();
        _size = size;
        _device = device;
        _a = new RandomMatrix(device, storage, size, size, seed: 1);
        _b = new RandomMatrix(device, storage, size, size, seed: 2);
        _c = new RandomMatrix(device, storage, size, size, seed: 3);
        _product = new MatmulArguments { A = _a.Value.As(operand), B = _b.Value.As(operand), TransposeB = true, C = _c.Value };
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
    }

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, JsonNode?>> PeerSizes() => [new("gemm", _size)];

    /// <inheritdoc/>
    protected override double Time(int runs)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs; i++)
        {
            Matmul.Run(_device, _product);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
