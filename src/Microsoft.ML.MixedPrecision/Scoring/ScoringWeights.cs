using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>Float32 parameters and running statistics for scoring, on the CPU the weights packed for products; read-only once made, shared
/// by all sessions of a <see cref="Scorer"/>.</summary>
internal sealed unsafe class ScoringWeights : IDisposable
{
    private readonly Dictionary<Parameter, PackedOperand> _packed = [];
    private readonly Dictionary<StoredMatrix, DeviceMemory> _vectors = [];

    /// <summary>Packs a network's parameters.</summary>
    /// <param name="network">Network whose <see cref="StoredMatrix.Values"/> are copied.</param>
    /// <param name="device">Where scoring runs; stays with its owner.</param>
    public ScoringWeights(Network network, Device device)
    {
        Device = device;
        var cpu = device as CpuDevice;
        (HashSet<Parameter> weights, HashSet<Parameter> others) = cpu is null ? ([], []) : Read(network);
        foreach (StoredMatrix matrix in network.Stored.Where(matrix => matrix != network.Bag?.Table))
        {
            Tensor dense = Copy(matrix, out DeviceMemory memory);
            if (matrix is Parameter weight && weights.Contains(weight))
            {
                _packed.Add(weight, Matmul.Pack(cpu!, dense, transposeB: true));
                if (!others.Contains(weight))
                {
                    memory.Dispose();
                    continue;
                }
            }

            _vectors.Add(matrix, memory);
        }
    }

    /// <summary>Where scoring runs.</summary>
    public Device Device { get; }

    /// <summary>A packed weight; null for any other parameter.</summary>
    public PackedOperand? Packed(Parameter parameter) => _packed.GetValueOrDefault(parameter);

    /// <summary>A parameter in memory; for a weight, which is packed, the shape without memory.</summary>
    public Tensor Operand(Parameter parameter)
        => View(parameter, _vectors.TryGetValue(parameter, out DeviceMemory? memory) ? memory.Address : 0);

    /// <summary>A state in memory.</summary>
    public Tensor State(LayerState state) => View(state, _vectors[state].Address);

    /// <summary>Frees the copies; for an owner that knows that no session is left.</summary>
    public void Dispose()
    {
        foreach (IDisposable memory in _packed.Values.Concat<IDisposable>(_vectors.Values))
        {
            memory.Dispose();
        }
    }

    /// <summary>Weights that products read, and parameters that other operations do: a tied table is both.</summary>
    private static (HashSet<Parameter> Products, HashSet<Parameter> Others) Read(Network network)
    {
        var plan = new NetworkPlan(network, new PlanBuilder(PrecisionPolicy.Float32, training: false), isBehindBag: true);
        return ([.. plan.Builder.Ops.SelectMany(op => op.ProductWeights)],
            [.. plan.Builder.Ops.SelectMany(op => op.Parameters.Except(op.ProductWeights))]);
    }

    private static Tensor View(StoredMatrix matrix, nint address)
        => new(
            address,
            NumericFormat.Float32,
            matrix.Rows,
            matrix.Columns,
            Tensor.PitchOf(matrix.Columns, NumericFormat.Float32))
        { IsZeroPadded = true };

    private Tensor Copy(StoredMatrix matrix, out DeviceMemory memory)
    {
        memory = Device.Allocate(View(matrix, 0).Bytes);
        Tensor tensor = View(matrix, memory.Address);
        float[] padded = new float[(long)tensor.Rows * tensor.Pitch];
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.Values.AsSpan(row * matrix.Columns, matrix.Columns).CopyTo(padded.AsSpan(row * tensor.Pitch));
        }

        Device.Write<float>(tensor.Address, padded);
        return tensor;
    }
}
