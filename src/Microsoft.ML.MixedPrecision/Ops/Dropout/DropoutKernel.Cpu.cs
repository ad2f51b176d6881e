using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a dropout, through short Float32 buffers.</summary>
internal readonly unsafe struct DropoutJob : IRangeKernel
{
    private const int BufferSize = 512;
    private const int DrawWords = 4;

    /// <summary>A draw takes as long as some ten elements of a simple function.</summary>
    private const int LeastElements = 2048;

    private readonly Tensor _x;
    private readonly Tensor _y;
    private readonly DropoutChoice _choice;
    private readonly StepPosition _position;

    private DropoutJob(in Tensor x, in Tensor y, in DropoutChoice choice, in StepPosition position)
        => (_x, _y, _choice, _position) = (x, y, choice, position);

    /// <summary>y from x.</summary>
    public static void Run(CpuDevice device, in Tensor x, in Tensor y, in DropoutChoice choice, nint position)
    {
        Partition.Run(
            device,
            new DropoutJob(x, y, choice, *(StepPosition*)position),
            x.Rows,
            (long)x.Rows * x.Columns,
            LeastElements);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var values = stackalloc float[BufferSize];
        for (int row = (int)start; row < end; row++)
        {
            for (int column = 0; column < _x.Columns; column += BufferSize)
            {
                int count = Math.Min(BufferSize, _x.Columns - column);
                ConvertKernel.Convert<TLanes, TVector>(_x.Format.Storage(), _x.Element(row, column), NumericFormat.Float32, values, count);
                Drop(values, row, column, count);
                ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, values, _y.Format.Storage(), _y.Element(row, column), count);
            }
        }
    }

    private void Drop(float* values, int row, int column, int count)
    {
        uint threshold = _choice.ThresholdOf(_position.Step);
        float scale = _choice.ScaleOf(_position.Step);
        var words = stackalloc uint[DrawWords];
        for (int i = 0; i < count; i += DrawWords)
        {
            (words[0], words[1], words[2], words[3]) = _choice.Draw(_position, row, (column + i) / DrawWords);
            for (int j = 0; j < Math.Min(DrawWords, count - i); j++)
            {
                values[i + j] = words[j] >= threshold ? values[i + j] * scale : 0f;
            }
        }
    }
}
