namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>Code written once for every vector width; its arguments are the fields of the structure.</summary>
internal interface IVectorKernel
{
    /// <summary>Runs the kernel with one vector type.</summary>
    void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged;
}
