namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <summary>A matrix as kernels take it: <c>Matrix</c> of common.cuh, field by field.</summary>
/// <param name="Address">Address of element (0, 0) in device memory; 0 for none.</param>
/// <param name="Pitch">From one row to the next, in elements of the kernel's type.</param>
internal readonly record struct CudaMatrix(nint Address, long Pitch)
{
    /// <summary>A tensor's place; its format is the kernel's own.</summary>
    public static implicit operator CudaMatrix(Tensor tensor) => new(tensor.Address, tensor.Pitch);
}
