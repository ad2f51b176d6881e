using System.Runtime.Intrinsics;

namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>Chooses a <see cref="SimdPath"/> and runs kernels with it: the only place where a path becomes a vector type.</summary>
internal static class SimdPaths
{
    /// <summary>The widest path that this machine's hardware has.</summary>
    public static SimdPath Best
        => Vector512.IsHardwareAccelerated ? SimdPath.Vector512
        : Vector256.IsHardwareAccelerated ? SimdPath.Vector256
        : Vector128.IsHardwareAccelerated ? SimdPath.Vector128
        : SimdPath.Portable;

    /// <summary>Bits of one vector of the path; 32 for <see cref="SimdPath.Portable"/>.</summary>
    public static int Bits(this SimdPath path) => path switch
    {
        SimdPath.Vector512 => 512,
        SimdPath.Vector256 => 256,
        SimdPath.Vector128 => 128,
        SimdPath.Portable => 32,
        _ => throw UnknownValue.Of(path),
    };

    /// <summary>Runs a kernel with the vector type of <paramref name="path"/>.</summary>
    public static void Dispatch<TKernel>(this SimdPath path, ref TKernel kernel)
        where TKernel : struct, IVectorKernel
    {
        switch (path)
        {
            case SimdPath.Vector512:
                kernel.Run<Lanes512, Vector512<float>>();
                break;
            case SimdPath.Vector256:
                kernel.Run<Lanes256, Vector256<float>>();
                break;
            case SimdPath.Vector128:
                kernel.Run<Lanes128, Vector128<float>>();
                break;
            case SimdPath.Portable:
                kernel.Run<LanesPortable, float>();
                break;
            default:
                throw UnknownValue.Of(path);
        }
    }
}
