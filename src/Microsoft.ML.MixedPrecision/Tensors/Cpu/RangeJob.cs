using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Divides the units of a kernel among threads.</summary>
/// <typeparam name="TKernel">The kernel.</typeparam>
internal readonly struct RangeJob<TKernel> : IParallelJob
    where TKernel : struct, IRangeKernel
{
    private readonly SimdPath _path;
    private readonly TKernel _kernel;
    private readonly long _units;
    private readonly int _parts;

    /// <summary>Divides so many units into parts.</summary>
    public RangeJob(SimdPath path, in TKernel kernel, long units, int parts)
        => (_path, _kernel, _units, _parts) = (path, kernel, units, parts);

    /// <inheritdoc/>
    public void Run(int part)
    {
        var piece = new Piece(_kernel, Partition.Range(part, _parts, _units));
        _path.Dispatch(ref piece);
    }

    private readonly struct Piece(TKernel kernel, (long Start, long End) units) : IVectorKernel
    {
        private readonly TKernel _kernel = kernel;
        private readonly (long Start, long End) _units = units;

        public void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : unmanaged
            => _kernel.Run<TLanes, TVector>(_units.Start, _units.End);
    }
}
