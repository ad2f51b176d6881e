using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>
/// What the processor gives at most: 12 independent chains of fused multiply-adds, all in registers, with the device's widest vectors on
/// all
/// of its threads. No memory is touched, so that nothing but the arithmetic units and the clock bounds it.
/// </summary>
/// <param name="device">Computes.</param>
internal sealed class FmaPeak(CpuDevice device)
{
    private const int Chains = 12;
    private const int Iterations = 20_000;

    /// <summary>Several parts a thread, so that a thread that the system interrupts does not hold up the rest, as in the kernels.</summary>
    private const int PartsPerThread = 16;

    /// <summary>Operations a second, two for each multiply-add, over some milliseconds.</summary>
    public double Measure()
    {
        var job = new Job(device.Path);
        int parts = device.Threads * PartsPerThread;
        long started = Stopwatch.GetTimestamp();
        device.Run(ref job, parts);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return 2.0 * Chains * (device.Path.Bits() / 32) * Iterations * parts / seconds;
    }

    private readonly struct Job(SimdPath path) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            Kernel kernel = default;
            path.Dispatch(ref kernel);
        }
    }

    private struct Kernel : IVectorKernel
    {
        private float _sum;

        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public unsafe void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : unmanaged
        {
            TVector x = TLanes.Broadcast(0.999f), y = TLanes.Broadcast(1e-3f);
            TVector c0 = x, c1 = x, c2 = x, c3 = x, c4 = x, c5 = x, c6 = x, c7 = x, c8 = x, c9 = x, c10 = x, c11 = x;
            for (int i = 0; i < Iterations; i++)
            {
                c0 = TLanes.FusedMultiplyAdd(c0, x, y);
                c1 = TLanes.FusedMultiplyAdd(c1, x, y);
                c2 = TLanes.FusedMultiplyAdd(c2, x, y);
                c3 = TLanes.FusedMultiplyAdd(c3, x, y);
                c4 = TLanes.FusedMultiplyAdd(c4, x, y);
                c5 = TLanes.FusedMultiplyAdd(c5, x, y);
                c6 = TLanes.FusedMultiplyAdd(c6, x, y);
                c7 = TLanes.FusedMultiplyAdd(c7, x, y);
                c8 = TLanes.FusedMultiplyAdd(c8, x, y);
                c9 = TLanes.FusedMultiplyAdd(c9, x, y);
                c10 = TLanes.FusedMultiplyAdd(c10, x, y);
                c11 = TLanes.FusedMultiplyAdd(c11, x, y);
            }

            TVector sum = TLanes.Add(
                TLanes.Add(TLanes.Add(c0, c1), TLanes.Add(c2, c3)),
                TLanes.Add(TLanes.Add(c4, c5), TLanes.Add(c6, c7)));
            sum = TLanes.Add(sum, TLanes.Add(TLanes.Add(c8, c9), TLanes.Add(c10, c11)));
            // Kept, or the chains would be dead code.
            float* lanes = stackalloc float[TLanes.Count];
            TLanes.Store(sum, lanes);
            _sum += lanes[0];
        }
    }
}
