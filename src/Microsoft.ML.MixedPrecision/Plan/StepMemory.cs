using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// The memory of a <see cref="RunBlock"/>, of the <see cref="PhaseBlock"/> of the one phase that there is, and of a ring of records that
/// the step fills and the host drains now and then. Record n lies at
/// (n − 1) modulo the capacity, so that the number of attempts is all that writer and reader share; the step never waits for the host.
/// On a card the host sees a copy: of the states as of the last <see cref="BeginPull"/> that has arrived, of the records often as of a
/// later step (<see cref="Follow"/>).
/// </summary>
internal sealed unsafe class StepMemory : IDisposable
{
    /// <summary>Records that the ring of a plan holds.</summary>
    public const int RingCapacity = 1024;

    private readonly Device _device;
    private readonly DeviceMemory _memory;
    private readonly StepMirror? _mirror;
    private long _read;

    /// <summary>Allocates, with the states before the first step.</summary>
    /// <param name="device">Where.</param>
    /// <param name="rule">The loss scale's rule.</param>
    /// <param name="capacity">Records that the ring holds; the oldest are overwritten when the host does not drain in time.</param>
    public StepMemory(Device device, in LossScaleRule rule, int capacity)
    {
        Capacity = capacity;
        _device = device;
        _memory = device.Allocate(SizeOf(capacity));
        _mirror = device is CudaDevice cuda ? new StepMirror(cuda, _memory) : null;
        Phase.Scale = LossScaleState.Initial(rule);
        if (_mirror is not null)
        {
            device.Write(Addresses.Phase, new ReadOnlySpan<PhaseBlock>(in Phase));
        }
    }

    /// <summary>Records that the ring holds.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of states and ring.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>Where the states lie on the device.</summary>
    public StepAddresses Addresses => new(_memory.Address);

    /// <summary>The run's state as the host sees it.</summary>
    public ref RunBlock Run => ref *(RunBlock*)HostAddress;

    /// <summary>The phase's states as the host sees them.</summary>
    public ref PhaseBlock Phase => ref *(PhaseBlock*)(HostAddress + sizeof(RunBlock));

    /// <summary>Records waiting, as far as the host sees.</summary>
    public int Waiting => (int)Math.Min(Arrived - _read, Capacity);

    private long Arrived => _mirror?.Attempts ?? Run.Attempts;

    private nint HostAddress => _mirror?.Address ?? _memory.Address;

    /// <summary>Bytes for so many records.</summary>
    public static long SizeOf(int capacity) => sizeof(RunBlock) + sizeof(PhaseBlock) + ((long)capacity * sizeof(StepRecord));

    /// <summary>Writes the record of the last attempt.</summary>
    public void Append(in StepRecord record) => *Slot(Run.Attempts) = record;

    /// <summary>Takes the oldest record that is still there.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out StepRecord record)
    {
        record = default;
        if (Waiting == 0)
        {
            return false;
        }

        _read = Math.Max(_read, Arrived - Capacity) + 1;
        record = *Slot(_read);
        return true;
    }

    /// <summary>Goes on from other states, before the first step: no record of an earlier attempt waits.</summary>
    /// <param name="run">The run.</param>
    /// <param name="phase">The phase.</param>
    public void Restore(in RunBlock run, in PhaseBlock phase)
    {
        (Run, Phase) = (run, phase);
        _read = run.Attempts;
        if (_mirror is not null)
        {
            _mirror.Reset(run.Attempts);
            _device.Write(Addresses.Run, new ReadOnlySpan<RunBlock>(in run));
            _device.Write(Addresses.Phase, new ReadOnlySpan<PhaseBlock>(in phase));
        }
    }

    /// <summary>Changes the loss scale, while no step runs and the host has seen the last one.</summary>
    /// <param name="scale">The new one.</param>
    public void SetScale(float scale)
    {
        Phase.Scale.Scale = scale;
        if (_mirror is not null)
        {
            _device.Write(Addresses.Scale, new ReadOnlySpan<float>(in scale));
        }
    }

    /// <summary>On a card: asks for a copy of states and records behind the work so far. Waits for the one before, so that the host is
    /// never far behind.</summary>
    public void BeginPull() => _mirror?.Begin();

    /// <summary>On a card: waits for all work, and has its states and records.</summary>
    public void Pull()
    {
        if (_mirror is not null)
        {
            _mirror.Begin();
            _mirror.End();
            _mirror.Reset(Run.Attempts);
        }
    }

    /// <inheritdoc cref="StepMirror.Follow"/>
    /// <remarks>Records of the CPU are here at once.</remarks>
    public void Follow(long attempts) => _mirror?.Follow(attempts);

    /// <inheritdoc/>
    public void Dispose()
    {
        _mirror?.Dispose();
        _memory.Dispose();
    }

    private StepRecord* Slot(long attempt)
        => (StepRecord*)(HostAddress + sizeof(RunBlock) + sizeof(PhaseBlock)) + ((attempt - 1) % Capacity);
}
