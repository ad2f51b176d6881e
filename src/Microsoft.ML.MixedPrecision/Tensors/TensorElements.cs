namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Addresses within a <see cref="Tensor"/>, for CPU kernels.</summary>
internal static unsafe class TensorElements
{
    /// <summary>Address of the element at (<paramref name="row"/>, <paramref name="column"/>).</summary>
    public static void* Element(this in Tensor tensor, int row, int column)
        => (byte*)tensor.Row(row) + ((long)column * tensor.Format.BytesPerElement());
}
