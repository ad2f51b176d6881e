using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Trainers;

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

    private readonly CpuDevice _host;
    private readonly Device _device;
    private readonly RowStore _store;
    private readonly TrainingPlan _plan;
    private readonly int _rows;
    private readonly int _probes;
    private int _steps;

    /// <summary>Makes the plan and the rows.</summary>
    /// <param name="work">Network and batch.</param>
    /// <param name="policy">Formats.</param>
    /// <param name="device">Where.</param>
    /// <param name="probes">Steps from one measurement of value ranges to the next; 0 for none.</param>
    public PlanDriver(Workload work, PrecisionPolicy policy, ComputeDevice device, int probes = 0)
    {
        _probes = probes;
        Network network = work.StartedNetwork;
        Parameters = network.Parameters.Sum(parameter => (long)parameter.Values.Length);
        _rows = work.Rows;
        _host = new CpuDevice();
        _device = DeviceSelection.Choose(device, new MLContext()).Open(threads: 0);
        _store = network.Tokens is { } tokens
            ? new RowStore(_host, RowSchema.Sequences(tokens.Rows, tokens.Vocabulary, hasWeights: false, targetNumbers: null))
            : new RowStore(_host, network.FeatureFormat(policy), work.Sizes[0], hasWeights: false);
        RandomBatch.Fill(_store, work.Rows, classes: work.Sizes[^1], network.Tokens);
        _plan = new TrainingPlan(
            network,
            new PlanSettings(policy, LossScaling.Auto.Resolve(policy), AdamW, work.Rows, MeasuresRanges: probes > 0)
            {
                BatchSteps = _store.MostSteps(work.Rows),
            },
            _device);
    }

    /// <summary>What computes.</summary>
    public string DeviceName => _device.Description;

    /// <summary>Weights of the network.</summary>
    public long Parameters { get; }

    /// <summary>Bytes by category.</summary>
    public MemoryReport Memory => _plan.Memory;

    /// <summary>Steps that changed nothing, since a value was not finite.</summary>
    public long Skipped => _plan.State.Skips;

    /// <summary>Loss of the last step; it falls, since the batch stays the same.</summary>
    public double Loss => _plan.State.Loss;

    /// <summary>Gets ready for <see cref="Run"/>: an epoch of steps, each of the same rows.</summary>
    /// <param name="steps">How many steps.</param>
    public void Begin(int steps)
    {
        _steps = steps;
        _plan.Steps.BeginEpoch(_store, [.. Enumerable.Repeat(Enumerable.Range(0, _rows), steps).SelectMany(rows => rows)]);
        _device.Synchronize();
    }

    /// <summary>Runs the epoch, and returns when its last step is done.</summary>
    public void Run()
    {
        for (int step = 0; step < _steps; step++)
        {
            _plan.Steps.Take(new StepRequest(_rows) { LearningRate = LearningRate, Measure = _probes > 0 && step % _probes == 0 });
        }

        _plan.Steps.Synchronize();
    }

    /// <summary>SHA-256 of the trained weights (masters, or 16-bit weights where there are none), of both moments, and of the records of
    /// the steps.</summary>
    public unsafe IEnumerable<(string Part, byte[] Digest)> Digests()
    {
        using var weights = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var first = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var second = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var records = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ParameterSlot slot in _plan.Parameters.Slots)
        {
            Append(
                weights,
                slot.HasMaster ? (nint)_plan.Parameters.Master(slot) : (nint)_plan.Parameters.Shadow(slot),
                slot,
                slot.HasMaster ? sizeof(float) : sizeof(ushort));
            Append(first, (nint)_plan.Parameters.First(slot), slot, sizeof(float));
            Append(second, (nint)_plan.Parameters.Second(slot), slot, sizeof(float));
        }

        while (_plan.Records.TryTake(out StepRecord record))
        {
            records.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"{record.Attempt} {record.Step} {record.Loss:R} {record.Norm:R} {record.Scale:R} {record.LearningRate:R} "
                    + $"{record.Coefficient:R} {record.Rows} {record.FirstNonFinite}\n")));
        }

        return [
            ("weights", weights.GetHashAndReset()),
            ("first", first.GetHashAndReset()),
            ("second", second.GetHashAndReset()),
            ("records", records.GetHashAndReset())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plan.Dispose();
        _store.Dispose();
        _device.Dispose();
        _host.Dispose();
    }

    private void Append(IncrementalHash hash, nint address, ParameterSlot slot, int bytesOfElement)
    {
        if (address != 0)
        {
            byte[] bytes = new byte[slot.Elements * bytesOfElement];
            _device.Read<byte>(address, bytes);
            hash.AppendData(bytes);
        }
    }
}
