using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <content>Work beside the main order of work.</content>
internal sealed unsafe partial class CudaDevice
{
    private CudaEvent? _forked;

    /// <summary>
    /// What is added within the scope runs beside what is added to the main order of work afterwards: it waits for all before it, and nothing
    /// waits for it before <see cref="CudaJoin.Wait"/>.
    /// </summary>
    /// <param name="join">The place to wait at.</param>
    public CudaBranch Branch(CudaJoin join)
    {
        _side ??= new CudaLane(Context, IsGuarded);
        _forked ??= new CudaEvent(Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        Context.MakeCurrent();
        _forked.Record(_main.Stream);
        _side.Stream.Wait(_forked);
        _lane = _side;
        return new CudaBranch(this, join);
    }

    /// <summary>Ends the scope of a branch.</summary>
    /// <param name="join">The place to wait at.</param>
    internal void EndBranch(CudaJoin join)
    {
        join.Reach(_lane.Stream);
        _lane = _main;
    }
}

/// <summary>The scope of work beside the main order of work; see <see cref="CudaDevice.Branch"/>.</summary>
/// <param name="device">The card.</param>
/// <param name="join">The place to wait at.</param>
internal readonly ref struct CudaBranch(CudaDevice device, CudaJoin join)
{
    /// <summary>Goes back to the main order of work.</summary>
    public void Dispose() => device.EndBranch(join);
}

/// <summary>A place at which the main order of work waits for a branch.</summary>
/// <param name="device">The card.</param>
internal sealed class CudaJoin(CudaDevice device) : IDisposable
{
    private readonly CudaEvent _reached = new(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    private bool _isOpen;

    /// <summary>Marks the end of the branch.</summary>
    /// <param name="stream">The branch's order of work.</param>
    public void Reach(CudaStream stream)
    {
        _reached.Record(stream);
        _isOpen = true;
    }

    /// <summary>Lets the main order of work wait for the branch; nothing if there is none.</summary>
    public void Wait()
    {
        if (!_isOpen)
            return;
        _isOpen = false;
        device.Stream.Wait(_reached);
    }

    /// <inheritdoc/>
    public void Dispose() => _reached.Dispose();
}
