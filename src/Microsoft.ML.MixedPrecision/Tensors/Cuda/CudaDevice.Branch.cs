using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <content>Work beside the main order of work.</content>
internal sealed unsafe partial class CudaDevice
{
    private CudaEvent? _forked;

    /// <summary>
    /// What is added until the result is disposed of runs beside what is added to the main order of work afterwards: it waits for all
    /// before it,
    /// and the main order waits for it at <see cref="CudaBranch.Join"/>, and only there.
    /// </summary>
    /// <param name="branch">The branch.</param>
    public IDisposable Begin(CudaBranch branch)
    {
        _side ??= new CudaLane(Context, Guard);
        _forked ??= new CudaEvent(Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        Context.MakeCurrent();
        _forked.Record(_main.Stream);
        _side.Stream.Wait(_forked);
        _lane = _side;
        return branch;
    }

    /// <summary>Goes back to the main order of work.</summary>
    internal void EndBranch() => _lane = _main;
}

/// <summary>Work that runs beside the main order of work, from <see cref="CudaDevice.Begin"/> to <see cref="Dispose"/>, and the place where
/// it is waited for.</summary>
/// <param name="device">The card.</param>
internal sealed class CudaBranch(CudaDevice device) : IDisposable
{
    private readonly CudaEvent _reached = new(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    private bool _isOpen;

    /// <summary>Lets the main order of work wait for the branch; nothing if there is none.</summary>
    public void Join()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        device.Stream.Wait(_reached);
    }

    /// <summary>Ends the branch: what is added from now on is in the main order of work.</summary>
    public void Dispose()
    {
        CudaStream side = device.Stream;
        device.EndBranch();
        _reached.Record(side);
        _isOpen = true;
    }

    /// <summary>Frees the event.</summary>
    public void Free() => _reached.Dispose();
}
