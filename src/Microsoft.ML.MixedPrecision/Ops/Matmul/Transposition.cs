using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Transposes a small square of Float32 in registers. It moves bits only, so every machine gives the same.</summary>
internal static unsafe class Transposition
{
    /// <summary>target[k·targetPitch + j] = source[j·sourcePitch + k] for j, k &lt; 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Square4(float* source, nint sourcePitch, float* target, nint targetPitch)
    {
        var r0 = Vector128.Load(source);
        var r1 = Vector128.Load(source + sourcePitch);
        var r2 = Vector128.Load(source + (2 * sourcePitch));
        var r3 = Vector128.Load(source + (3 * sourcePitch));
        // Pairs of rows interleaved twice: (r0, r2) with (r1, r3).
        var (a0, a1) = Interleave(r0, r2);
        var (b0, b1) = Interleave(r1, r3);
        var (c0, c1) = Interleave(a0, b0);
        var (c2, c3) = Interleave(a1, b1);
        c0.Store(target);
        c1.Store(target + targetPitch);
        c2.Store(target + (2 * targetPitch));
        c3.Store(target + (3 * targetPitch));
    }

    /// <summary>(x0 y0 x1 y1, x2 y2 x3 y3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Interleave(Vector128<float> x, Vector128<float> y)
    {
        if (Sse.IsSupported)
        {
            return (Sse.UnpackLow(x, y), Sse.UnpackHigh(x, y));
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            return (AdvSimd.Arm64.ZipLow(x, y), AdvSimd.Arm64.ZipHigh(x, y));
        }

        return (Vector128.Create(x[0], y[0], x[1], y[1]), Vector128.Create(x[2], y[2], x[3], y[3]));
    }
}
