using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What happens to a finished block of sums, row by row in Float32, up to the one rounding.</summary>
internal readonly unsafe struct MatmulEpilogue<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly MatmulArguments _arguments;
    private readonly MatmulScratch _scratch;
    private readonly int _firstColumn;
    private readonly int _pitch;
    private readonly bool _inOnePass;

    /// <summary>The epilogue of the columns of one part; reads their bias.</summary>
    public MatmulEpilogue(in MatmulArguments arguments, in MatmulScratch scratch, int firstColumn, int endColumn, int pitch)
    {
        (_arguments, _scratch, _firstColumn, _pitch) = (arguments, scratch, firstColumn, pitch);
        _inOnePass = MatmulFinish<TLanes, TVector>.Covers(arguments);
        if (arguments.Bias.Address != 0)
        {
            Read(arguments.Bias, 0, firstColumn, scratch.Bias, endColumn - firstColumn);
        }
    }

    /// <summary>Finishes a block of C from the sums in the scratch.</summary>
    public void Run(in MatmulBlock block)
    {
        if (!_inOnePass)
        {
            float* sums = _scratch.Sums;
            for (int i = 0; i < block.Rows; i++, sums += _pitch)
            {
                FinishInParts(sums, block.Row + i, block.Column, block.Columns);
            }

            return;
        }

        // Behind the finished columns, then below the finished rows.
        FinishInOnePass(block, 0, block.FinishedRows, block.FinishedColumns);
        FinishInOnePass(block, block.FinishedRows, block.Rows, 0);
    }

    /// <summary>Everything at once, from a column on.</summary>
    private void FinishInOnePass(in MatmulBlock block, int start, int end, int skipped)
    {
        if (start == end || skipped == block.Columns)
        {
            return;
        }

        int row = block.Row + start, column = block.Column + skipped, columns = block.Columns - skipped;
        float* sums = _scratch.Sums + ((nint)start * _pitch) + skipped;
        var rows = new MatmulRows(end - start, sums, _pitch, _arguments.C, row, column, columns);
        if (_arguments.Saved.Address != 0)
        {
            MatmulFinish<TLanes, TVector>.Backward(rows, _arguments.Saved);
        }
        else
        {
            MatmulFinish<TLanes, TVector>.Forward(
                _arguments.Activation,
                rows,
                _arguments.Bias.Address != 0 ? _scratch.Bias + (column - _firstColumn) : null);
        }
    }

    /// <summary>One part after the other.</summary>
    private void FinishInParts(float* sums, int row, int column, int columns)
    {
        if (_arguments.Bias.Address != 0)
        {
            Add(sums, _scratch.Bias + (column - _firstColumn), columns);
        }

        if (_arguments.PreActivation.Address != 0)
        {
            Write(sums, _arguments.PreActivation, row, column, columns);
        }

        if (_arguments.Activation != ActivationKind.None)
        {
            ActivationKernel<TLanes, TVector>.Forward(_arguments.Activation, sums, sums, columns);
        }

        if (_arguments.Saved.Address != 0)
        {
            Read(_arguments.Saved, row, column, _scratch.Saved, columns);
            ActivationKernel<TLanes, TVector>.Backward(_arguments.GradientOf, sums, _scratch.Saved, sums, columns);
        }
        if (_arguments.Accumulate)
        {
            Add(sums, (float*)_arguments.C.Element(row, column), columns);
        }

        Write(sums, _arguments.C, row, column, columns);
    }

    private static void Read(in Tensor tensor, int row, int column, float* values, int columns)
        => ConvertKernel.Convert<TLanes, TVector>(
            tensor.Format.Storage(),
            tensor.Element(row, column),
            NumericFormat.Float32,
            values,
            columns);

    private static void Write(float* values, in Tensor tensor, int row, int column, int columns)
        => ConvertKernel.Convert<TLanes, TVector>(
            NumericFormat.Float32,
            values,
            tensor.Format.Storage(),
            tensor.Element(row, column),
            columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* sums, float* terms, int columns)
    {
        int i = 0;
        for (; i <= columns - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), TLanes.Load(terms + i)), sums + i);
        }

        for (; i < columns; i++)
        {
            sums[i] += terms[i];
        }
    }
}
