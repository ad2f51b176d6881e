using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>A parameter's place, the same in every arena.</summary>
/// <param name="Parameter">Which.</param>
/// <param name="Offset">First element.</param>
/// <param name="Pitch">Elements from row to row.</param>
/// <param name="Format">Operand format of the operation that uses it.</param>
/// <param name="HasMaster">
/// Whether a Float32 master exists; if not, the 16-bit weight is all there is (<see cref="WeightUpdate.Plain"/>), or the parameter is
/// frozen.
/// </param>
/// <param name="Trains">
/// Whether it has a gradient and moments; a frozen one has not, and its values stay those of <see cref="StoredMatrix.Values"/>.
/// </param>
internal sealed record ParameterSlot(Parameter Parameter, long Offset, int Pitch, NumericFormat Format, bool HasMaster, bool Trains = true)
{
    /// <summary>Elements, padding included.</summary>
    public long Elements => (long)Parameter.Rows * Pitch;

    /// <summary>Whether a 16-bit copy exists.</summary>
    public bool HasShadow => Format.Is16Bit();
}

/// <summary>
/// Masters, 16-bit shadows, gradients and moments of all parameters as flat arenas with equal element offsets, in the order in which
/// backward
/// finishes the gradients; frozen parameters come behind those that train, without gradients and moments. Optimizer, finite check and
/// collectives work on ranges of those that train.
/// </summary>
internal sealed unsafe partial class ParameterArenas : IDisposable
{
    /// <summary>Elements that every parameter begins at a multiple of.</summary>
    public const int OffsetAlignment = 64;

    private readonly Dictionary<Parameter, ParameterSlot> _slots;
    private readonly Device _device;
    private readonly DeviceMemory _masters;
    private readonly DeviceMemory _shadows;
    private readonly DeviceMemory _gradients;
    private readonly DeviceMemory _first;
    private readonly DeviceMemory _second;

    /// <summary>Allocates the arenas and loads the parameters' values.</summary>
    /// <param name="device">Where.</param>
    /// <param name="parameters">The parameters: those that train, in the order in which backward finishes them, then frozen ones.</param>
    /// <param name="update">Form of the weight update.</param>
    /// <param name="moments">Moments the optimizer keeps: 0 to 2.</param>
    public ParameterArenas(Device device, IEnumerable<PlannedParameter> parameters, WeightUpdate update, int moments)
    {
        _device = device;
        Slots = LayOut(parameters, update);
        _slots = Slots.ToDictionary(slot => slot.Parameter);
        ArenaBytes bytes = ArenaBytes.Of(Slots, moments);
        TrainedElements = bytes.TrainedElements;
        Trained = [.. Slots.Where(slot => slot.Trains)];
        try
        {
            _masters = device.Allocate(bytes.Masters);
            _shadows = device.Allocate(bytes.Shadows);
            _gradients = device.Allocate(bytes.Gradients);
            _first = device.Allocate(moments > 0 ? bytes.Gradients : 0);
            _second = device.Allocate(moments > 1 ? bytes.Gradients : 0);
            foreach (ParameterSlot slot in Slots)
            {
                WriteWeights(slot, Padded(slot, slot.Parameter.Values));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All slots, in arena order.</summary>
    public ImmutableArray<ParameterSlot> Slots { get; }

    /// <summary>Those that train, which come first.</summary>
    public ImmutableArray<ParameterSlot> Trained { get; }

    /// <summary>Elements of the gradients' arena, and of each moment's.</summary>
    public long TrainedElements { get; }

    /// <summary>First address of the gradients' arena.</summary>
    public nint GradientArena => _gradients.Address;

    /// <summary>Addresses of the arenas as kernels of a card take them; without the ranges and the step.</summary>
    public OptimizerArenas Addresses => new()
    {
        Gradient = _gradients.Address,
        Master = AddressOf(_masters),
        Shadow = AddressOf(_shadows),
        First = AddressOf(_first),
        Second = AddressOf(_second),
    };

    /// <summary>Bytes of the masters.</summary>
    public long MasterBytes => _masters.Bytes;

    /// <summary>Bytes of the 16-bit copies.</summary>
    public long ShadowBytes => _shadows.Bytes;

    /// <summary>Bytes of the gradients.</summary>
    public long GradientBytes => _gradients.Bytes;

    /// <summary>Bytes of the optimizer's moments.</summary>
    public long MomentBytes => _first.Bytes + _second.Bytes;

    /// <summary>The places of parameters, one after the other.</summary>
    /// <param name="parameters">The parameters: those that train, in the order in which backward finishes them, then frozen ones.</param>
    /// <param name="update">Form of the weight update.</param>
    public static ImmutableArray<ParameterSlot> LayOut(IEnumerable<PlannedParameter> parameters, WeightUpdate update)
    {
        var slots = ImmutableArray.CreateBuilder<ParameterSlot>();
        long elements = 0;
        foreach ((Parameter parameter, NumericFormat format, bool trains) in parameters)
        {
            // Rows are a multiple of 16 bytes in 16-bit arenas too, with the same element offsets.
            int pitch = Tensor.PitchOf(parameter.Columns, NumericFormat.Float16);
            bool hasMaster = !format.Is16Bit() || (trains && update == WeightUpdate.Master);
            var slot = new ParameterSlot(parameter, elements, pitch, format, hasMaster, trains);
            slots.Add(slot);
            elements += (slot.Elements + OffsetAlignment - 1) / OffsetAlignment * OffsetAlignment;
        }

        return slots.ToImmutable();
    }

    /// <summary>Masters of a slot; null without.</summary>
    public float* Master(ParameterSlot slot) => slot.HasMaster ? (float*)_masters.Address + slot.Offset : null;

    /// <summary>16-bit copy of a slot; null without.</summary>
    public ushort* Shadow(ParameterSlot slot) => slot.HasShadow ? (ushort*)_shadows.Address + slot.Offset : null;

    /// <summary>Gradient of a slot.</summary>
    public float* Gradient(ParameterSlot slot) => (float*)_gradients.Address + slot.Offset;

    /// <summary>First moment of a slot; null if the optimizer keeps none.</summary>
    public float* First(ParameterSlot slot) => _first.Bytes == 0 ? null : (float*)_first.Address + slot.Offset;

    /// <summary>Second moment of a slot; null if the optimizer keeps none.</summary>
    public float* Second(ParameterSlot slot) => _second.Bytes == 0 ? null : (float*)_second.Address + slot.Offset;

    /// <summary>A parameter as a product's operand.</summary>
    public Tensor Operand(Parameter parameter)
    {
        ParameterSlot slot = _slots[parameter];
        nint address = slot.HasShadow ? (nint)Shadow(slot) : (nint)Master(slot);
        return new Tensor(address, slot.Format, parameter.Rows, parameter.Columns, slot.Pitch) { IsZeroPadded = true };
    }

    /// <summary>Whether every element of a parameter is finite as products read it.</summary>
    public bool IsFinite(ParameterSlot slot)
    {
        // What lies between the columns and the pitch is 0.
        float[] values = slot.HasShadow ? ReadShadow(slot) : ReadFloats(slot, (nint)Master(slot));
        return Array.TrueForAll(values, float.IsFinite);
    }

    /// <summary>A parameter's gradient, Float32.</summary>
    public Tensor Gradient(Parameter parameter)
    {
        ParameterSlot slot = _slots[parameter];
        return new Tensor(
            (nint)Gradient(slot),
            NumericFormat.Float32,
            parameter.Rows,
            parameter.Columns,
            slot.Pitch)
        { IsZeroPadded = true };
    }

    /// <inheritdoc/>
    /// <remarks>Runs also when the constructor threw, so that fields may be null.</remarks>
    public void Dispose()
    {
        _masters?.Dispose();
        _shadows?.Dispose();
        _gradients?.Dispose();
        _first?.Dispose();
        _second?.Dispose();
    }

    private static nint AddressOf(DeviceMemory memory) => memory.Bytes == 0 ? 0 : memory.Address;
}
