using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Weights packed for products and biases, both Float32; read-only once made, shared by all sessions of a <see cref="Scorer"/>.</summary>
internal sealed unsafe class ScoringWeights : IDisposable
{
    private readonly Dictionary<Parameter, PackedOperand> _packed = [];
    private readonly Dictionary<Parameter, DeviceMemory> _biases = [];

    /// <summary>Packs a network's parameters.</summary>
    /// <param name="network">Network whose <see cref="Parameter.Values"/> are copied.</param>
    /// <param name="device">Where scoring runs; stays with its owner.</param>
    public ScoringWeights(Network network, CpuDevice device)
    {
        Device = device;
        foreach (Parameter parameter in network.Parameters)
        {
            Tensor dense = Copy(parameter, out DeviceMemory memory);
            if (parameter.Decays)
            {
                _packed.Add(parameter, Matmul.Pack(Device, dense, transposeB: true));
                memory.Dispose();
            }
            else
            {
                _biases.Add(parameter, memory);
            }
        }
    }

    /// <summary>Where scoring runs.</summary>
    public CpuDevice Device { get; }

    /// <summary>A packed weight; null for a bias.</summary>
    public PackedOperand? Packed(Parameter parameter) => _packed.GetValueOrDefault(parameter);

    /// <summary>A bias in memory; for a weight, which is packed, the shape without memory.</summary>
    public Tensor Operand(Parameter parameter)
        => View(parameter, _biases.TryGetValue(parameter, out DeviceMemory? memory) ? memory.Address : 0);

    /// <summary>Frees the copies; for an owner that knows that no session is left.</summary>
    public void Dispose()
    {
        foreach (IDisposable memory in _packed.Values.Concat<IDisposable>(_biases.Values))
        {
            memory.Dispose();
        }
    }

    private static Tensor View(Parameter parameter, nint address)
        => new(address, NumericFormat.Float32, parameter.Rows, parameter.Columns, Tensor.PitchOf(parameter.Columns, NumericFormat.Float32));

    private Tensor Copy(Parameter parameter, out DeviceMemory memory)
    {
        memory = Device.Allocate(View(parameter, 0).Bytes);
        Tensor tensor = View(parameter, memory.Address);
        for (int row = 0; row < parameter.Rows; row++)
        {
            parameter.Values.AsSpan(row * parameter.Columns, parameter.Columns).CopyTo(new Span<float>(tensor.Row(row), parameter.Columns));
        }

        return tensor;
    }
}
