using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Chunks of columns of the backward pass of a parametric activation: dx row by row, and the chunk's sums.</summary>
internal readonly unsafe struct ParametricBackwardJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int LeastElements = 8192;

    private readonly ActivationKind _kind;
    private readonly Tensor _x;
    private readonly Tensor _shares;
    private readonly ParametricGradients _gradients;

    private ParametricBackwardJob(ActivationKind kind, in Tensor x, in Tensor shares, in ParametricGradients gradients)
        => (_kind, _x, _shares, _gradients) = (kind, x, shares, gradients);

    private int Chunks => (_x.Columns + ChunkColumns - 1) / ChunkColumns;

    /// <summary>The gradients that are asked for.</summary>
    public static void Run(CpuDevice device, ActivationKind kind, in Tensor x, in Tensor shares, in ParametricGradients gradients)
    {
        var job = new ParametricBackwardJob(kind, x, shares, gradients);
        Partition.Run(device, job, job.Chunks, (long)x.Rows * x.Columns, LeastElements);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var total = stackalloc float[ChunkColumns];
        var block = stackalloc float[ChunkColumns];
        for (int column = (int)start * ChunkColumns; column < Math.Min(end * ChunkColumns, _x.Columns); column += ChunkColumns)
        {
            int count = Math.Min(ChunkColumns, _x.Columns - column);
            new Span<float>(total, count).Clear();
            for (int row = 0; row < _x.Rows; row += ParametricKernel.BlockRows)
            {
                new Span<float>(block, count).Clear();
                for (int i = row; i < Math.Min(row + ParametricKernel.BlockRows, _x.Rows); i++)
                {
                    RunRow<TLanes, TVector>(i, column, count, block);
                }

                Add(total, block, count);
            }

            Store(total, column, count);
        }
    }

    private static void Add(float* total, float* block, int count)
    {
        for (int i = 0; i < count; i++)
        {
            total[i] += block[i];
        }
    }

    [SkipLocalsInit]
    private void RunRow<TLanes, TVector>(int row, int column, int count, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var x = stackalloc float[ChunkColumns];
        var dy = stackalloc float[ChunkColumns];
        var act = stackalloc float[ChunkColumns];
        Tensor given = _gradients.Dy, dx = _gradients.Dx;
        ConvertKernel.Convert<TLanes, TVector>(_x.Format.Storage(), _x.Element(row, column), NumericFormat.Float32, x, count);
        ConvertKernel.Convert<TLanes, TVector>(given.Format.Storage(), given.Element(row, column), NumericFormat.Float32, dy, count);
        ActivationKernel<TLanes, TVector>.Forward(_kind, x, act, count);
        ParametricLanes<TLanes, TVector>.AddTerms(sums, dy, act, x, count);
        if (dx.Address == 0)
        {
            return;
        }

        float* saved = Activations.SavesOutput(_kind) ? act : x;
        ActivationKernel<TLanes, TVector>.Backward(_kind, dy, saved, act, count);
        ParametricLanes<TLanes, TVector>.Mix((float*)_shares.Address + column, dy, act, act, count);
        ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, act, dx.Format.Storage(), dx.Element(row, column), count);
    }

    private void Store(float* total, int column, int count)
    {
        if (_gradients.DShares.Address == 0)
        {
            return;
        }

        float* to = (float*)_gradients.DShares.Address + column;
        for (int i = 0; i < count; i++)
        {
            to[i] = _gradients.Accumulate ? total[i] + to[i] : total[i];
        }
    }
}
