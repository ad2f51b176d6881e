using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x·Wᵀ + b for up to 16 outputs as a kernel of its own (narrow_product.cu), bias included: for 1024 × 512 → 10 cuBLASLt's best takes 5
/// µs
/// on an H100, since Tensor Cores have no such shape, and the bias, of another format than Float32 logits, 2 µs more.
/// </summary>
internal static class NarrowProduct
{
    private const int MostOutputs = 16;
    private const int ItemColumns = 256;
    private const int MostInputs = 2 * ItemColumns;
    private const int Vector = 8;
    private const int Threads = 128;
    private const int WarpRows = 2;

    /// <summary>Whether a product is of this kind: 16-bit operands, few outputs, whole aligned vectors of inputs, no activation.</summary>
    public static bool Serves(in MatmulArguments a, MatmulShape shape)
        => a.A.Format.Is16Bit()
            && shape.N <= MostOutputs
            && shape.K <= MostInputs && shape.K % Vector == 0 && IsAligned(a.A) && IsAligned(a.B)
            && !a.TransposeA && a.TransposeB && !a.Accumulate
            && a.Activation == ActivationKind.None
            && a.PreActivation.Address == 0 && a.Saved.Address == 0;

    /// <summary>Adds it to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="a">The product; see <see cref="Serves"/>.</param>
    /// <param name="shape">Its sizes.</param>
    public static void Run(CudaDevice device, in MatmulArguments a, MatmulShape shape)
    {
        var kernel = new KernelVariant(
            "narrow_product.cu",
            "narrow_product",
            a.A.Format,
            a.Bias.Format.Storage(),
            a.C.Format.Storage(),
            shape.K <= ItemColumns ? 1 : 2);
        long warps = ((long)shape.M + WarpRows - 1) / WarpRows;
        long blocks = Math.Min(((warps * 32) + Threads - 1) / Threads, device.Properties.Multiprocessors * 4L);
        device.Launch(kernel, ((int)blocks, 1), Threads, new Arguments(a.A, a.B, a.Bias, a.C, shape.M, shape.K, shape.N));
    }

    private static bool IsAligned(in Tensor tensor)
        => (tensor.Address | (tensor.Pitch * tensor.Format.BytesPerElement())) % Tensor.RowAlignment == 0;

    private readonly record struct Arguments(
        CudaMatrix X,
        CudaMatrix Weight,
        CudaMatrix Bias,
        CudaMatrix Y,
        int Rows,
        int Inputs,
        int Outputs);
}
