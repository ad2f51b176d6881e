using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of an activation (no saved tensor) or of its gradient, through short Float32 buffers.</summary>
internal readonly unsafe struct ActivationJob : IParallelJob, IVectorKernel
{
    private const int BufferSize = 512;
    private const int LeastElements = 8192;

    private readonly SimdPath _path;
    private readonly ActivationKind _kind;
    private readonly Tensor _input;
    private readonly Tensor _saved;
    private readonly Tensor _output;
    private readonly int _start;
    private readonly int _end;
    private readonly int _parts;

    private ActivationJob(SimdPath path, ActivationKind kind, in Tensor input, in Tensor saved, in Tensor output, int parts)
    {
        (_path, _kind, _input, _saved, _output, _parts) = (path, kind, input, saved, output, parts);
    }

    private ActivationJob(in ActivationJob all, (long Start, long End) rows)
    {
        this = all;
        (_start, _end) = ((int)rows.Start, (int)rows.End);
    }

    /// <summary>output = act(input), or input ⊙ act′(saved) where saved is given.</summary>
    public static void Run(CpuDevice device, ActivationKind kind, in Tensor input, in Tensor saved, in Tensor output)
    {
        int parts = Partition.Parts(device, (long)input.Rows * input.Columns, LeastElements, input.Rows);
        var job = new ActivationJob(device.Path, kind, input, saved, output, parts);
        device.Run(ref job, parts);
    }

    /// <inheritdoc/>
    public void Run(int part)
    {
        var rows = new ActivationJob(this, Partition.Range(part, _parts, _input.Rows));
        _path.Dispatch(ref rows);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = _start; row < _end; row++)
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
