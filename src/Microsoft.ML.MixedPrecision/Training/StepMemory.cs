using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The states that a step reads and changes, as they lie in the device's memory.</summary>
internal struct StepBlock
{
    /// <summary>The loss scale.</summary>
    public LossScaleState Scale;

    /// <summary>The commit.</summary>
    public CommitState Commit;

    /// <summary>The run.</summary>
    public RunState Run;

    /// <summary>What the optimizer reads; only where the step runs on a graphics card.</summary>
    public StepScalars Scalars;
}

/// <summary>
/// The memory of <see cref="StepBlock"/> and of a ring of records that the step fills and the host drains now and then. Record n lies at
/// (n − 1) modulo the capacity, so that the number of attempts is all that writer and reader share; the step never waits for the host.
/// </summary>
internal sealed unsafe class StepMemory : IDisposable
{
    private readonly DeviceMemory _memory;
    private long _read;

    /// <summary>Allocates, with the states before the first step.</summary>
    /// <param name="device">Where.</param>
    /// <param name="rule">The loss scale's rule.</param>
    /// <param name="capacity">Records that the ring holds; the oldest are overwritten when the host does not drain in time.</param>
    public StepMemory(Device device, in LossScaleRule rule, int capacity)
    {
        Capacity = capacity;
        _memory = device.Allocate(sizeof(StepBlock) + ((long)capacity * sizeof(StepRecord)));
        Block.Scale = LossScaleState.Initial(rule);
    }

    /// <summary>Records that the ring holds.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of states and ring.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>The states.</summary>
    public ref StepBlock Block => ref *(StepBlock*)_memory.Address;

    /// <summary>Records waiting.</summary>
    public int Waiting => (int)Math.Min(Block.Run.Attempts - _read, Capacity);

    /// <summary>Writes the record of the last attempt.</summary>
    public void Append(in StepRecord record) => *Slot(Block.Run.Attempts) = record;

    /// <summary>Takes the oldest record that is still there.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out StepRecord record)
    {
        record = default;
        if (Waiting == 0)
        {
            return false;
        }

        _read = Math.Max(_read, Block.Run.Attempts - Capacity) + 1;
        record = *Slot(_read);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private StepRecord* Slot(long attempt) => (StepRecord*)(_memory.Address + sizeof(StepBlock)) + ((attempt - 1) % Capacity);
}
