using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Rows in blocks of a fixed size, whose sums are added in order afterwards: the result does not depend on the threads.</summary>
/// <typeparam name="TFormula">ℓ.</typeparam>
internal readonly unsafe struct PointwiseJob<TFormula> : IParallelJob
    where TFormula : struct, IPointwiseFormula
{
    private const int BlockRows = 64;
    private const int LeastElements = 2048;

    private readonly CpuDevice _device;
    private readonly TFormula _formula;
    private readonly LossArguments _arguments;
    private readonly BlockSum* _sums;
    private readonly int _parts;

    private PointwiseJob(CpuDevice device, TFormula formula, in LossArguments arguments, BlockSum* sums, int parts)
    {
        (_device, _formula, _arguments, _parts) = (device, formula, arguments, parts);
        _sums = sums;
    }

    /// <summary>Bytes of a buffer that serves for the sums of all blocks and for a row of outputs.</summary>
    public static long ScratchBytes(int rows, int columns)
        => Math.Max((long)Blocks(rows) * sizeof(BlockSum), (long)columns * sizeof(float));

    /// <summary>Runs all blocks and adds their sums.</summary>
    public static void Run(CpuDevice device, TFormula formula, in LossArguments arguments)
    {
        Tensor logits = arguments.Logits;
        int blocks = Blocks(logits.Rows);
        int parts = Partition.Parts(device, (long)logits.Rows * logits.Columns, LeastElements, blocks);
        device.ReserveScratch(ScratchBytes(logits.Rows, logits.Columns));
        using ScratchLease lease = device.RentScratch((long)blocks * sizeof(BlockSum));
        var sums = (BlockSum*)lease.Address;

        var job = new PointwiseJob<TFormula>(device, formula, arguments, sums, parts);
        device.Run(ref job, parts);

        double loss = 0;
        long correct = 0;
        for (int i = 0; i < blocks; i++)
        {
            loss += sums[i].Loss;
            correct += sums[i].Correct;
        }

        if (arguments.LossSum != null)
        {
            *arguments.LossSum = arguments.Factor * loss / arguments.Divisor;
        }

        if (arguments.Correct != null)
        {
            *arguments.Correct = (int)correct;
        }
    }

    /// <inheritdoc/>
    public void Run(int part)
    {
        int rows = _arguments.Logits.Rows;
        using ScratchLease lease = _device.RentScratch((long)_arguments.Logits.Columns * sizeof(float));
        (long start, long end) = Partition.Range(part, _parts, Blocks(rows));
        for (int block = (int)start; block < end; block++)
        {
            var sum = default(BlockSum);
            for (int row = block * BlockRows; row < Math.Min((block + 1) * BlockRows, rows); row++)
            {
                sum = RunRow(row, lease.Floats, sum);
            }

            _sums[block] = sum;
        }
    }

    private static int Blocks(int rows) => (rows + BlockRows - 1) / BlockRows;

    private BlockSum RunRow(int row, float* slopes, in BlockSum sum)
    {
        int columns = _arguments.Logits.Columns;
        var x = (float*)_arguments.Logits.Row(row);
        float* y = (float*)_arguments.Targets + ((long)(row / _arguments.Members) * columns);
        float weight = _arguments.Weights == null ? 1 : _arguments.Weights[row / _arguments.Members];
        float factor = (float)((double)weight * _arguments.Scale * _arguments.GradientFactor / ((double)_arguments.Divisor * columns));
        bool isCounted = !_arguments.IsPadded || weight != 0;
        double loss = 0;
        long correct = sum.Correct;
        for (int j = 0; j < columns; j++)
        {
            (float value, float slope) = _formula.At(x[j], y[j]);
            loss += value;
            slopes[j] = slope * factor;
            correct += isCounted && _formula.IsCorrect(x[j], y[j]) ? 1 : 0;
        }

        loss /= columns;
        if (_arguments.Gradient.Address != 0)
        {
            FormatConversion.FromFloat32(_device.Path, _arguments.Gradient.Format.Storage(), slopes, _arguments.Gradient.Row(row), columns);
        }

        return new BlockSum(sum.Loss + (weight * loss), correct);
    }

    /// <summary>Σ wᵢ·ℓᵢ and the number of right answers of some rows.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct BlockSum(double Loss, long Correct);
}
