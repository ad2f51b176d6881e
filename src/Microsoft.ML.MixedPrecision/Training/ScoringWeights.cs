using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Float32 parameters for scoring, on the CPU the weights packed for products; read-only once made, shared by all sessions of a <see cref="Scorer"/>.</summary>
internal sealed unsafe class ScoringWeights : IDisposable
{
    private readonly Dictionary<Parameter, PackedOperand> _packed = [];
    private readonly Dictionary<Parameter, DeviceMemory> _vectors = [];

    /// <summary>Packs a network's parameters.</summary>
    /// <param name="network">Network whose <see cref="Parameter.Values"/> are copied.</param>
    /// <param name="device">Where scoring runs; stays with its owner.</param>
    public ScoringWeights(Network network, Device device)
    {
        Device = device;
        var cpu = device as CpuDevice;
        HashSet<Parameter> weights = cpu is null ? [] : ProductWeights(network);
        foreach (Parameter parameter in network.Parameters)
        {
            Tensor dense = Copy(parameter, out DeviceMemory memory);
            if (weights.Contains(parameter))
            {
                _packed.Add(parameter, Matmul.Pack(cpu!, dense, transposeB: true));
                memory.Dispose();
            }
            else
            {
                _vectors.Add(parameter, memory);
            }
        }
    }

    /// <summary>Where scoring runs.</summary>
    public Device Device { get; }

    /// <summary>A packed weight; null for any other parameter.</summary>
    public PackedOperand? Packed(Parameter parameter) => _packed.GetValueOrDefault(parameter);

    /// <summary>A parameter in memory; for a weight, which is packed, the shape without memory.</summary>
    public Tensor Operand(Parameter parameter)
        => View(parameter, _vectors.TryGetValue(parameter, out DeviceMemory? memory) ? memory.Address : 0);

    /// <summary>Frees the copies; for an owner that knows that no session is left.</summary>
    public void Dispose()
    {
        foreach (IDisposable memory in _packed.Values.Concat<IDisposable>(_vectors.Values))
        {
            memory.Dispose();
        }
    }

    private static HashSet<Parameter> ProductWeights(Network network)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        network.Body.Build(plan, PlanBuilder.Input("features", network.Definition.Inputs, NumericFormat.Float32));
        return [.. plan.Ops.SelectMany(op => op.ProductWeights)];
    }

    private static Tensor View(Parameter parameter, nint address)
        => new(address, NumericFormat.Float32, parameter.Rows, parameter.Columns, Tensor.PitchOf(parameter.Columns, NumericFormat.Float32)) { IsZeroPadded = true };

    private Tensor Copy(Parameter parameter, out DeviceMemory memory)
    {
        memory = Device.Allocate(View(parameter, 0).Bytes);
        Tensor tensor = View(parameter, memory.Address);
        float[] padded = new float[(long)tensor.Rows * tensor.Pitch];
        for (int row = 0; row < parameter.Rows; row++)
        {
            parameter.Values.AsSpan(row * parameter.Columns, parameter.Columns).CopyTo(padded.AsSpan(row * tensor.Pitch));
        }

        Device.Write<float>(tensor.Address, padded);
        return tensor;
    }
}
