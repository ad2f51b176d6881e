using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a layer normalisation, each through one Float32 buffer.</summary>
internal readonly unsafe struct LayerNormForwardJob : IRangeKernel
{
    private const int LeastElements = 8192;

    private readonly CpuDevice _device;
    private readonly LayerNormArguments _arguments;

    private LayerNormForwardJob(CpuDevice device, in LayerNormArguments arguments)
        => (_device, _arguments) = (device, arguments);

    /// <summary>Bytes of a thread's buffer.</summary>
    public static long ScratchBytes(int columns) => (long)columns * sizeof(float);

    /// <summary>y and, where wanted, the statistics.</summary>
    public static void Run(CpuDevice device, in LayerNormArguments arguments)
    {
        Tensor x = arguments.X;
        device.ReserveScratch(ScratchBytes(x.Columns));
        Partition.Run(
            device,
            new LayerNormForwardJob(device, arguments),
            x.Rows,
            (long)x.Rows * x.Columns,
            LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using ScratchLease scratch = _device.RentScratch(ScratchBytes(_arguments.X.Columns));
        for (int row = (int)start; row < end; row++)
        {
            RunRow<TLanes, TVector>(row, scratch.Floats);
        }
    }

    private void RunRow<TLanes, TVector>(int row, float* values)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int count = _arguments.X.Columns;
        ConvertKernel.Convert<TLanes, TVector>(_arguments.X.Format.Storage(), _arguments.X.Row(row), NumericFormat.Float32, values, count);
        float mean = LayerNormRow<TLanes, TVector>.Sum(values, count) / count;
        LayerNormRow<TLanes, TVector>.Subtract(values, mean, count);
        float sum = LayerNormRow<TLanes, TVector>.Sum(values, count);
        float rest = sum / count;
        float variance = MathF.Max(0f, (LayerNormRow<TLanes, TVector>.Dot(values, values, count) - (rest * sum)) / count);
        float r = 1f / MathF.Sqrt(variance + _arguments.Epsilon);
        if (_arguments.Statistics.Address != 0)
        {
            var statistics = (float*)_arguments.Statistics.Row(row);
            (statistics[0], statistics[1], statistics[2]) = (mean, rest, r);
        }

        LayerNormRow<TLanes, TVector>.Normalize(values, rest, r, count);
        LayerNormRow<TLanes, TVector>.ScaleAndShift(
            values,
            (float*)_arguments.Scale.Address,
            (float*)_arguments.Shift.Address,
            values,
            count);
        if (_arguments.Activation != ActivationKind.None)
        {
            ActivationKernel<TLanes, TVector>.Forward(_arguments.Activation, values, values, count);
        }

        ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, values, _arguments.Y.Format.Storage(), _arguments.Y.Row(row), count);
    }
}
