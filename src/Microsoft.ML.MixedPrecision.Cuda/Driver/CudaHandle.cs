using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>An object in a context. It holds the context until it has been freed itself, and is freed with that context current, on
/// whatever thread.</summary>
/// <param name="context">The context.</param>
internal abstract class CudaHandle(CudaContext context) : SafeHandle(0, ownsHandle: true)
{
    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>The context that it lives in.</summary>
    protected CudaContext Context { get; } = context;

    /// <summary>Makes the native object, in the context, which from then on is held.</summary>
    /// <param name="make">Makes it and returns its handle.</param>
    protected void Own(Func<nint> make)
    {
        bool held = false;
        try
        {
            Context.DangerousAddRef(ref held);
            using CudaContextScope scope = Context.Enter();
            SetHandle(make());
        }
        finally
        {
            if (held && IsInvalid)
            {
                Context.DangerousRelease();
            }
        }
    }

    /// <summary>Frees the native object; the context is current.</summary>
    /// <returns>Whether it went well.</returns>
    protected abstract bool Free();

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        // Plain statuses, no exceptions: this runs on the finalizer's thread, too.
        bool entered = NativeMethods.cuCtxPushCurrent_v2(Context.DangerousGetHandle()) == CUresult.CUDA_SUCCESS;
        bool freed = entered && Free();
        if (entered)
        {
            _ = NativeMethods.cuCtxPopCurrent_v2(out _);
        }

        Context.DangerousRelease();
        return freed;
    }
}
