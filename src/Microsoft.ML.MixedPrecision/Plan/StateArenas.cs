using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// What layers learn without gradient, twice: as of the last committed step, and as staged by the step that runs. Both are flat arenas of
/// Float32
/// with equal offsets. A step that commits makes the staged values the committed ones; one that does not leaves the committed ones alone,
/// and
/// the next step starts from them.
/// </summary>
internal sealed unsafe class StateArenas : IDisposable
{
    private readonly Device _device;
    private readonly Dictionary<LayerState, long> _offsets = [];
    private readonly DeviceMemory _committed;
    private readonly DeviceMemory _staged;

    /// <summary>Allocates and loads the states' values.</summary>
    /// <param name="device">Where.</param>
    /// <param name="states">The states.</param>
    public StateArenas(Device device, IEnumerable<LayerState> states)
    {
        _device = device;
        foreach (LayerState state in states)
        {
            _offsets.Add(state, Elements);
            Elements += Aligned(state);
        }

        _committed = device.Allocate(Elements * sizeof(float));
        try
        {
            _staged = device.Allocate(Elements * sizeof(float));
            foreach (LayerState state in _offsets.Keys)
            {
                Write(state, state.Values);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The states as of the last committed step, which the next one starts from.</summary>
    public IEnumerable<StatePlace> Places
        => _offsets.Keys.Select(
            state => new StatePlace(TrainingState.Layer + state.Name, 1, state.Columns, () => Read(state), values => Write(state, values)));

    /// <summary>Elements of each arena.</summary>
    public long Elements { get; }

    /// <summary>Bytes of both arenas.</summary>
    public long Bytes => _committed.Bytes + _staged.Bytes;

    /// <summary>Address of the committed arena.</summary>
    public nint Committed => _committed.Address;

    /// <summary>Address of the staged arena.</summary>
    public nint Staged => _staged.Address;

    /// <summary>A state on the device.</summary>
    public StateTensors this[LayerState state] => new(View(state, _committed), View(state, _staged));

    /// <summary>Bytes for some states.</summary>
    public static long SizeOf(IEnumerable<LayerState> states) => 2 * sizeof(float) * states.Sum(Aligned);

    /// <summary>On the CPU: the staged values are the committed ones from now on.</summary>
    public void Commit() => Buffer.MemoryCopy((void*)Staged, (void*)Committed, _committed.Bytes, _staged.Bytes);

    /// <summary>Copies the committed values into <see cref="StoredMatrix.Values"/>.</summary>
    public void Store()
    {
        foreach (LayerState state in _offsets.Keys)
        {
            Read(state).CopyTo(state.Values, 0);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Runs also when the constructor threw, so that a field may be null.</remarks>
    public void Dispose()
    {
        _committed.Dispose();
        _staged?.Dispose();
    }

    private float[] Read(LayerState state)
    {
        float[] values = new float[state.Columns];
        _device.Read<float>(this[state].Committed.Address, values);
        return values;
    }

    private void Write(LayerState state, float[] values)
    {
        _device.Write<float>(this[state].Committed.Address, values);
        _device.Write<float>(this[state].Staged.Address, values);
    }

    private static long Aligned(LayerState state)
        => (state.Columns + ParameterArenas.OffsetAlignment - 1L) / ParameterArenas.OffsetAlignment * ParameterArenas.OffsetAlignment;

    private Tensor View(LayerState state, DeviceMemory arena)
        => new(
            arena.Address + (nint)(_offsets[state] * sizeof(float)),
            NumericFormat.Float32,
            1,
            state.Columns,
            Tensor.PitchOf(state.Columns, NumericFormat.Float32));
}
