using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Gives every value and every gradient memory of its own, so that nothing is ever overwritten by something else.</summary>
internal sealed class SeparateContext(
    CpuDevice device,
    ParameterArenas parameters,
    StateArenas states,
    int examples) : OpContext, IDisposable
{
    private readonly Dictionary<(Value, bool), DeviceMemory> _memory = [];
    private readonly Value _position = new("position", Shape.Vector(4), NumericFormat.Float32, NumericFormat.Float32);

    public override CpuDevice Device => device;

    public override nint Position => Of(_position, NumericFormat.Float32, ofGradient: false).Address;

    public LossPlaces LossPlaces { get; init; }

    public override LossPlaces Losses => LossPlaces;

    public override StateTensors State(LayerState state) => states[state];

    public override Tensor this[Value value] => Of(value.Root, value.Format, ofGradient: false);

    public override Words Words(Value value)
    {
        Words words = ValueLayout.WordsOf(value, 0, examples);
        if (!_memory.TryGetValue((value, false), out DeviceMemory? memory))
        {
            _memory.Add((value, false), memory = device.Allocate(words.Bytes));
        }

        return words with { Address = memory.Address };
    }

    public override Tensor Gradient(Value value) => Of(value, value.GradientFormat, ofGradient: true);

    public override Tensor Operand(Parameter parameter) => parameters.Operand(parameter);

    public override Tensor Gradient(Parameter parameter) => parameters.Gradient(parameter);

    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory.Values)
        {
            memory.Dispose();
        }
    }

    private Tensor Of(Value value, NumericFormat format, bool ofGradient)
    {
        var tensor = new Tensor(0, format, value.RowsOf(examples), value.Columns, Tensor.PitchOf(value.Columns, format));
        if (!_memory.TryGetValue((value, ofGradient), out DeviceMemory? memory))
        {
            _memory.Add((value, ofGradient), memory = device.Allocate(tensor.Bytes));
        }

        return tensor with { Address = memory.Address };
    }
}
