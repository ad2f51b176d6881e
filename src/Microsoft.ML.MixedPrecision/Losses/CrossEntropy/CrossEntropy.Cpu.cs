using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Rows in blocks of a fixed size, whose sums are added in order afterwards: the result does not depend on the threads.</summary>
internal readonly unsafe struct CrossEntropyJob : IRangeKernel
{
    private const int BlockRows = 64;
    private const int LeastElements = 4096;

    private readonly CpuDevice _device;
    private readonly LossArguments _arguments;
    private readonly BlockSum* _sums;
    private readonly float _smoothing;
    private readonly int _firstClass;

    private CrossEntropyJob(CpuDevice device, in LossArguments arguments, CrossEntropyRule rule, BlockSum* sums)
    {
        (_device, _arguments, _smoothing, _firstClass) = (device, arguments, rule.Smoothing, rule.FirstClass);
        _sums = sums;
    }

    /// <summary>Bytes of a buffer that serves for the sums of all blocks and for a row of outputs.</summary>
    public static long ScratchBytes(int rows, int columns)
        => Math.Max((long)Blocks(rows) * sizeof(BlockSum), (long)columns * sizeof(float));

    /// <summary>Runs all blocks and adds their sums.</summary>
    public static void Run(CpuDevice device, in LossArguments arguments, CrossEntropyRule rule)
    {
        var logits = arguments.Logits;
        int blocks = Blocks(logits.Rows);
        device.ReserveScratch(ScratchBytes(logits.Rows, logits.Columns));
        using var lease = device.RentScratch((long)blocks * sizeof(BlockSum));
        var sums = (BlockSum*)lease.Address;

        var kernel = new CrossEntropyJob(device, arguments, rule, sums);
        Partition.Run(device, kernel, blocks, (long)logits.Rows * logits.Columns, LeastElements);

        var total = default(BlockSum);
        for (int i = 0; i < blocks; i++)
        {
            total = new BlockSum(total.Loss + sums[i].Loss, total.Correct + sums[i].Correct);
        }

        if (arguments.LossSum != null)
        {
            *arguments.LossSum = arguments.Factor * total.Loss / arguments.Divisor;
        }

        if (arguments.Correct != null)
        {
            *arguments.Correct = (int)total.Correct;
        }
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int rows = _arguments.Logits.Rows;
        using var lease = _device.RentScratch((long)_arguments.Logits.Columns * sizeof(float));
        for (int block = (int)start; block < end; block++)
        {
            var sum = default(BlockSum);
            for (int row = block * BlockRows; row < Math.Min((block + 1) * BlockRows, rows); row++)
            {
                sum = RunRow<TLanes, TVector>(row, lease.Floats, sum);
            }

            _sums[block] = sum;
        }
    }

    private static int Blocks(int rows) => (rows + BlockRows - 1) / BlockRows;

    private BlockSum RunRow<TLanes, TVector>(int row, float* e, in BlockSum sum)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int classes = _arguments.Logits.Columns;
        int label = ((int*)_arguments.Targets)[row / _arguments.Members] - _firstClass;
        if (label == -1 && _firstClass == 1)
        {
            ClearGradient(row);
            return sum;
        }

        if ((uint)label >= (uint)classes)
        {
            throw new ArgumentOutOfRangeException(nameof(row), label + _firstClass, $"The label of row {row} is {label + _firstClass}; "
                + $"there are classes {_firstClass} to {classes - 1 + _firstClass}.");
        }

        float weight = _arguments.Weights == null ? 1 : _arguments.Weights[row / _arguments.Members];

        var x = (float*)_arguments.Logits.Row(row);
        float largest = SoftmaxRow<TLanes, TVector>.Largest(x, classes);
        float total = SoftmaxRow<TLanes, TVector>.Exponentials(x, largest, e, classes);
        float loss = MathF.Log(total) - (x[label] - largest);
        if (_smoothing > 0)
        {
            loss += _smoothing * (x[label] - largest - (SoftmaxRow<TLanes, TVector>.ShiftedSum(x, largest, classes) / classes));
        }

        if (_arguments.Gradient.Address != 0)
        {
            StoreGradient<TLanes, TVector>(row, label, weight, e, total);
        }

        bool correct = (!_arguments.IsPadded || weight != 0)
            && x[label] == largest
            && new ReadOnlySpan<float>(x, classes).IndexOf(largest) == label;
        return new BlockSum(sum.Loss + ((double)weight * loss), sum.Correct + (correct ? 1 : 0));
    }

    /// <summary>A row without a target.</summary>
    private void ClearGradient(int row)
    {
        Tensor gradient = _arguments.Gradient;
        if (gradient.Address != 0)
        {
            NativeMemory.Clear((void*)gradient.Row(row), (nuint)(gradient.Columns * gradient.Format.Storage().BytesPerElement()));
        }
    }

    private void StoreGradient<TLanes, TVector>(int row, int label, float weight, float* e, float total)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int classes = _arguments.Logits.Columns;
        SoftmaxRow<TLanes, TVector>.Divide(e, total, e, classes);
        if (_smoothing > 0)
        {
            SoftmaxRow<TLanes, TVector>.Subtract(e, _smoothing / classes, classes);
        }

        e[label] -= 1 - _smoothing;
        float factor = (float)((double)weight * _arguments.Scale * _arguments.GradientFactor / _arguments.Divisor);
        SoftmaxRow<TLanes, TVector>.Multiply(e, factor, classes);
        ConvertKernel.Convert<TLanes, TVector>(
            NumericFormat.Float32, e, _arguments.Gradient.Format.Storage(), _arguments.Gradient.Row(row), classes);
    }

    /// <summary>Σ wᵢ·ℓᵢ and the number of right answers of some rows.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct BlockSum(double Loss, long Correct);
}
