using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of an activation (no saved tensor) or of its gradient, through short Float32 buffers.</summary>
internal readonly unsafe struct ActivationJob : IRangeKernel
{
    private const int BufferSize = 512;
    private const int LeastElements = 8192;

    private readonly ActivationKind _kind;
    private readonly Tensor _input;
    private readonly Tensor _saved;
    private readonly Tensor _output;

    private ActivationJob(ActivationKind kind, in Tensor input, in Tensor saved, in Tensor output)
    {
        (_kind, _input, _saved, _output) = (kind, input, saved, output);
    }

    /// <summary>output = act(input), or input ⊙ act′(saved) where saved is given.</summary>
    public static void Run(CpuDevice device, ActivationKind kind, in Tensor input, in Tensor saved, in Tensor output)
    {
        Partition.Run(
            device,
            new ActivationJob(kind, input, saved, output),
            input.Rows,
            (long)input.Rows * input.Columns,
            LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = (int)start; row < end; row++)
        {
            for (int column = 0; column < _input.Columns; column += BufferSize)
            {
                RunPiece<TLanes, TVector>(row, column, Math.Min(BufferSize, _input.Columns - column));
            }
        }
    }

    [SkipLocalsInit]
    private void RunPiece<TLanes, TVector>(int row, int column, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var values = stackalloc float[BufferSize];
        ConvertKernel.Convert<TLanes, TVector>(_input.Format.Storage(), _input.Element(row, column), NumericFormat.Float32, values, count);
        if (_saved.Address == 0)
        {
            ActivationKernel<TLanes, TVector>.Forward(_kind, values, values, count);
        }
        else
        {
            var saved = stackalloc float[BufferSize];
            ConvertKernel.Convert<TLanes, TVector>(
                _saved.Format.Storage(),
                _saved.Element(row, column),
                NumericFormat.Float32,
                saved,
                count);
            ActivationKernel<TLanes, TVector>.Backward(_kind, values, saved, values, count);
        }
        ConvertKernel.Convert<TLanes, TVector>(
            NumericFormat.Float32,
            values,
            _output.Format.Storage(),
            _output.Element(row, column),
            count);
    }
}
