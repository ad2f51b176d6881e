using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What happens to a finished block of sums, row by row in Float32, up to the one rounding.</summary>
internal readonly unsafe struct MatmulEpilogue<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly MatmulArguments _arguments;
    private readonly MatmulScratch _scratch;
    private readonly int _firstColumn;
    private readonly int _columns;
    private readonly int _pitch;
    private readonly bool _inOnePass;

    /// <summary>The epilogue of the columns of one strip; reads the bias.</summary>
    public MatmulEpilogue(in MatmulArguments arguments, in MatmulScratch scratch, int firstColumn, int columns, int pitch)
    {
        (_arguments, _scratch, _firstColumn, _columns, _pitch) = (arguments, scratch, firstColumn, columns, pitch);
        _inOnePass = MatmulFinish<TLanes, TVector>.Covers(arguments);
        if (arguments.Bias.Address != 0)
            Read(arguments.Bias, 0, scratch.Bias);
    }

    /// <summary>Finishes rows of C from the block in the scratch.</summary>
    /// <param name="firstRow">First row of the block.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="finishedRows">Rows of the block of which the first columns are finished already.</param>
    /// <param name="finishedColumns">How many columns.</param>
    public void Run(int firstRow, int rows, int finishedRows, int finishedColumns)
    {
        float* sums = _scratch.Tile;
        for (int i = 0; i < rows; i++, sums += _pitch)
        {
            if (_inOnePass)
                FinishInOnePass(sums, firstRow + i, i < finishedRows ? finishedColumns : 0);
            else
                FinishInParts(sums, firstRow + i);
        }
    }

    /// <summary>Everything at once, from a column on.</summary>
    private void FinishInOnePass(float* sums, int row, int start)
    {
        if (start == _columns)
            return;
        var format = _arguments.C.Format.Storage();
        void* to = _arguments.C.Element(row, _firstColumn + start);
        if (_arguments.Saved.Address != 0)
            MatmulFinish<TLanes, TVector>.Backward(sums, _arguments.Saved.Element(row, _firstColumn), format, to, _columns);
        else
            MatmulFinish<TLanes, TVector>.Forward(_arguments.Activation, sums + start, _arguments.Bias.Address != 0 ? _scratch.Bias + start : null, format, to, _columns - start);
    }

    /// <summary>One part after the other.</summary>
    private void FinishInParts(float* sums, int row)
    {
        if (_arguments.Bias.Address != 0)
            Add(sums, _scratch.Bias);
        if (_arguments.PreActivation.Address != 0)
            Write(sums, _arguments.PreActivation, row);
        if (_arguments.Activation != ActivationKind.None)
            ActivationKernel<TLanes, TVector>.Forward(_arguments.Activation, sums, sums, _columns);
        if (_arguments.Saved.Address != 0)
        {
            Read(_arguments.Saved, row, _scratch.Saved);
            ActivationKernel<TLanes, TVector>.Backward(_arguments.GradientOf, sums, _scratch.Saved, sums, _columns);
        }
        if (_arguments.Accumulate)
            Add(sums, (float*)_arguments.C.Element(row, _firstColumn));
        Write(sums, _arguments.C, row);
    }

    private void Read(in Tensor tensor, int row, float* values)
        => ConvertKernel.Convert<TLanes, TVector>(tensor.Format.Storage(), tensor.Element(row, _firstColumn), NumericFormat.Float32, values, _columns);

    private void Write(float* values, in Tensor tensor, int row)
        => ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, values, tensor.Format.Storage(), tensor.Element(row, _firstColumn), _columns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(float* sums, float* terms)
    {
        int i = 0;
        for (; i <= _columns - TLanes.Count; i += TLanes.Count)
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), TLanes.Load(terms + i)), sums + i);
        for (; i < _columns; i++)
            sums[i] += terms[i];
    }
}
