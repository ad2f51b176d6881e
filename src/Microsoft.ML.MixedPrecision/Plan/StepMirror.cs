using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// The host's copy of a step's states and records on a card, brought over beside the card's work. States are as of numbered steps
/// (<see cref="Begin"/>), so that who decides by them decides alike in every run; records come as they are needed
/// (<see cref="Follow"/>).
/// </summary>
internal sealed unsafe class StepMirror : IDisposable
{
    private static readonly int StateBytes = sizeof(RunBlock) + sizeof(PhaseBlock);

    private readonly CudaDevice _device;
    private readonly DeviceMemory _source;
    private readonly PinnedBuffer _seen;
    private readonly PinnedBuffer _arriving;
    private readonly PinnedBuffer _following;
    private readonly CudaEvent _arrived;
    private readonly CudaEvent _followed;
    private readonly PullPace _pace = new(TimeProvider.System);
    private bool _isPulling;

    /// <summary>Starts with zeros.</summary>
    /// <param name="device">The card.</param>
    /// <param name="source">Its memory; stays with its owner.</param>
    public StepMirror(CudaDevice device, DeviceMemory source)
    {
        (_device, _source) = (device, source);
        _seen = new PinnedBuffer(device.Context, source.Bytes);
        _arriving = new PinnedBuffer(device.Context, source.Bytes);
        _following = new PinnedBuffer(device.Context, source.Bytes);
        _arrived = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _followed = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _seen.Clear();
    }

    /// <summary>Address of the copy.</summary>
    public nint Address => _seen.Address;

    /// <summary>Attempts whose records are in the copy; its states may be of fewer.</summary>
    public long Attempts { get; private set; }

    /// <summary>Asks for a copy behind the work so far, once the one before has arrived.</summary>
    public void Begin()
    {
        End();
        Copy(_arriving, _arrived);
        _isPulling = true;
    }

    /// <summary>Waits for the copy that was asked for, if one was.</summary>
    public void End()
    {
        if (!_isPulling)
        {
            return;
        }

        _arrived.Synchronize();
        _isPulling = false;
        _arriving.AsSpan<byte>()[..StateBytes].CopyTo(_seen.AsSpan<byte>());
        TakeRecords(_arriving);
    }

    /// <summary>After all work was waited for and <see cref="End"/>, or for a state that comes from elsewhere: no record is on its
    /// way.</summary>
    /// <param name="attempts">Attempts so far.</param>
    public void Reset(long attempts)
    {
        Attempts = attempts;
        _pace.Reset(attempts);
    }

    /// <summary>After a step, for who wants its record soon: takes the records that have arrived, and asks for more when it is time. Waits
    /// where the host is too far ahead (<see cref="PullPace"/>); a step by itself never does.</summary>
    /// <param name="attempts">Attempts that were launched.</param>
    public void Follow(long attempts)
    {
        _device.Context.MakeCurrent();
        bool mustWait = _pace.MustWait(attempts);
        if (mustWait)
        {
            _followed.Synchronize();
        }

        if (mustWait || (_pace.IsToLook(attempts) && _followed.HasHappened))
        {
            TakeRecords(_following);
            _pace.Arrive();
        }

        if (_pace.IsDue(attempts))
        {
            Copy(_following, _followed);
            _pace.Begin(attempts);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arrived.Dispose();
        _followed.Dispose();
        _seen.Dispose();
        _arriving.Dispose();
        _following.Dispose();
    }

    private void Copy(PinnedBuffer to, CudaEvent arrived)
    {
        _device.Stream.CopyToHost(_source.Address, (void*)to.Address, _source.Bytes);
        arrived.Record(_device.Stream);
    }

    /// <summary>Takes a copy's records, unless newer ones are here: of two copies the one that was asked for first may be looked at
    /// last.</summary>
    private void TakeRecords(PinnedBuffer copy)
    {
        long attempts = ((RunBlock*)copy.Address)->Attempts;
        if (attempts > Attempts)
        {
            copy.AsSpan<byte>()[StateBytes..].CopyTo(_seen.AsSpan<byte>()[StateBytes..]);
            Attempts = attempts;
        }
    }
}
