using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Running totals of a <see cref="RangeProbe"/>; 32 bytes, <c>RangeTotals</c> of range_probe.cu, field by field: <see cref="Largest"/> at
/// 0,
/// <see cref="BelowNormal"/> at 8, <see cref="Zeros"/> at 16, <see cref="Count"/> at 24.
/// </summary>
internal struct RangeTotals
{
    /// <summary>Largest absolute value; NaN values count as infinity.</summary>
    public float Largest;

    /// <summary>Values that are neither 0 nor at least Float16's smallest normal.</summary>
    public long BelowNormal;

    /// <summary>Zeros.</summary>
    public long Zeros;

    /// <summary>All values.</summary>
    public long Count;
}

/// <summary>A named reduction over one value or one value's gradient, run inside the step right after the buffer is written.</summary>
internal sealed unsafe class RangeProbe : IDisposable
{
    private readonly float[] _row;
    private readonly CudaDevice? _card;
    private readonly DeviceMemory? _cardTotals;
    private RangeTotals _totals;

    /// <summary>Creates a probe.</summary>
    /// <param name="value">What to watch.</param>
    /// <param name="ofGradient">Whether the gradient is watched instead of the value.</param>
    /// <param name="device">Where the value is; a card keeps the totals too.</param>
    public RangeProbe(Value value, bool ofGradient, Device device)
    {
        Value = value;
        OfGradient = ofGradient;
        _row = new float[value.Columns];
        _card = device as CudaDevice;
        _cardTotals = _card?.Allocate(sizeof(RangeTotals));
    }

    /// <summary>What is watched.</summary>
    public Value Value { get; }

    /// <summary>As in <see cref="ValueRange.Name"/>.</summary>
    public string Name => Value.Name + (OfGradient ? ".gradient" : "");

    /// <summary>Whether the gradient is watched.</summary>
    public bool OfGradient { get; }

    /// <summary>The totals so far; on a card this waits for its work.</summary>
    public RangeTotals Totals
    {
        get
        {
            _card?.Read(_cardTotals!.Address, new Span<RangeTotals>(ref _totals));
            return _totals;
        }

        set
        {
            _totals = value;
            _card?.Write(_cardTotals!.Address, new ReadOnlySpan<RangeTotals>(in _totals));
        }
    }

    /// <summary>Adds the buffer's current contents to the totals.</summary>
    public void Run(OpContext context)
    {
        Tensor tensor = OfGradient ? context.Gradient(Value) : context[Value];
        if (_card is not null)
        {
            RangeProbeKernel.Run(_card, tensor, _cardTotals!.Address);
            return;
        }

        fixed (float* row = _row)
        {
            for (int i = 0; i < tensor.Rows; i++)
            {
                FormatConversion.ToFloat32(((CpuDevice)context.Device).Path, tensor.Format.Storage(), tensor.Row(i), row, tensor.Columns);
                RangeCount.Add(_row, ref _totals);
            }
        }
    }

    /// <summary>The totals as a report entry.</summary>
    public ValueRange ToRange()
    {
        RangeTotals totals = Totals;
        double nonZero = Math.Max(1, totals.Count - totals.Zeros);
        return new ValueRange
        {
            Name = Name,
            Format = OfGradient ? Value.GradientFormat : Value.Format,
            Largest = totals.Largest,
            BelowNormal = totals.BelowNormal / nonZero,
            Zeros = totals.Zeros / (double)Math.Max(1, totals.Count),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _cardTotals?.Dispose();
}
