using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>
/// A training plan with a batch of random rows in the device's memory, on which every step trains again. All that the benchmark knows of
/// how a plan is made and driven stands here.
/// </summary>
internal sealed class PlanDriver : IDisposable
{
    private const float LearningRate = 1e-3f;

    // As torch.optim.AdamW has them, but that ours decays weights only.
    private static readonly OptimizerSettings AdamW = new(OptimizerKind.AdamW, 1e-2f, 0.9f, 0.999f, 1e-8f, 0f, false);

    private readonly CpuDevice _device;
    private readonly ExampleStore _store;
    private readonly TrainingPlan _plan;
    private readonly int _rows;
    private int[] _order = [];

    /// <summary>Makes the plan and the rows.</summary>
    /// <param name="work">Network and batch.</param>
    /// <param name="policy">Formats.</param>
    /// <param name="device">Where to train.</param>
    /// <exception cref="NotSupportedException">The device is not the CPU.</exception>
    public PlanDriver(Workload work, PrecisionPolicy policy, ComputeDevice device)
    {
        if (device != ComputeDevice.Cpu)
        {
            throw new NotSupportedException($"Steps are driven on the CPU only, and '{device}' was asked for: write --devices cpu.");
        }

        var network = new Network(work.Network);
        network.Initialize(seed: 1);
        Parameters = network.Parameters.Sum(parameter => (long)parameter.Values.Length);
        _rows = work.Rows;
        _device = new CpuDevice();
        _store = new ExampleStore(_device, network.FeatureFormat(policy), work.Sizes[0], hasWeights: false);
        RandomBatch.Fill(_store, work.Rows, classes: work.Sizes[^1]);
        _plan = new TrainingPlan(network, new PlanSettings(policy, LossScaling.Auto.Resolve(policy), AdamW, work.Rows), _device);
    }

    /// <summary>What computes.</summary>
    public string DeviceName => _device.Description;

    /// <summary>Weights of the network.</summary>
    public long Parameters { get; }

    /// <summary>Bytes by category.</summary>
    public MemoryReport Memory => _plan.Memory(_store.Bytes);

    /// <summary>Steps that changed nothing, since a value was not finite.</summary>
    public long Skipped => _plan.State.Skips;

    /// <summary>Loss of the last step; it falls, since the batch stays the same.</summary>
    public double Loss => _plan.State.Loss;

    /// <summary>Gets ready for <see cref="Run"/>: an epoch of steps, each of the same rows.</summary>
    /// <param name="steps">How many steps.</param>
    public void Begin(int steps)
        => _order = [.. Enumerable.Repeat(Enumerable.Range(0, _rows), steps).SelectMany(rows => rows)];

    /// <summary>Runs the epoch, and returns when its last step is done.</summary>
    public void Run()
    {
        for (int at = 0; at < _order.Length; at += _rows)
        {
            _plan.Accumulate(_store, _order.AsSpan(at, _rows), _rows, first: true);
            _plan.Commit(LearningRate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plan.Dispose();
        _store.Dispose();
        _device.Dispose();
    }
}
