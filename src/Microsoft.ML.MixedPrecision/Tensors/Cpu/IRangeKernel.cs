using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Code written once for every vector width, over neighbouring units of work: rows, chunks of columns, whatever is not divided.
/// Its arguments are the fields of the structure.</summary>
internal interface IRangeKernel
{
    /// <summary>Does some units. Any range may run on any thread, at any time: the result must not depend on where it is cut.</summary>
    /// <param name="start">The first unit.</param>
    /// <param name="end">The first one that is not done.</param>
    void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged;
}
