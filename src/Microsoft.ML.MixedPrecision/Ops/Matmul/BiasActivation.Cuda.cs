using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// What follows a product, as a kernel of its own (bias_activation.cu), where the product library has no epilogue for it:
/// z = product + bias, y = act(z), in Float32, each rounded once when stored. Where there are several biases, rows are members' in turn, a
/// bias for each.
/// </summary>
internal static class BiasActivation
{
    /// <summary>Adds it to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">The function.</param>
    /// <param name="product">(N, C), Float32.</param>
    /// <param name="bias">(k, C) for k members, (1, C) for one, any storage format, or default: none.</param>
    /// <param name="preActivation">(N, C), any storage format, receives z; or default.</param>
    /// <param name="y">(N, C), any storage format; may be <paramref name="product"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or the product is not Float32.</exception>
    public static void Run(CudaDevice device, ActivationKind kind, Tensor product, Tensor bias, Tensor preActivation, Tensor y)
    {
        Require(
            product.Format.Storage() == NumericFormat.Float32 && product.Rows == y.Rows && product.Columns == y.Columns,
            product,
            y,
            nameof(product));
        if (bias.Address != 0)
        {
            Require(bias.Rows > 0 && y.Rows % bias.Rows == 0 && bias.Columns == y.Columns, bias, y, nameof(bias));
        }

        if (preActivation.Address != 0)
        {
            Require(preActivation.Rows == y.Rows && preActivation.Columns == y.Columns, preActivation, y, nameof(preActivation));
        }

        var kernel = new KernelVariant(
            "bias_activation.cu", "bias_activation", bias.Format.Storage(), preActivation.Format.Storage(), y.Format.Storage(), (int)kind);
        device.LaunchOver(kernel, y, new Arguments(product, bias, preActivation, y, y.Rows, y.Columns, Math.Max(1, bias.Rows)));
    }

    private static void Require(bool fits, in Tensor tensor, in Tensor y, string name)
    {
        if (!fits)
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}) in {tensor.Format}, which does not fit y, "
                + $"({y.Rows}, {y.Columns}) in {y.Format}.", name);
        }
    }

    private readonly record struct Arguments(
        CudaMatrix X,
        CudaMatrix Bias,
        CudaMatrix Z,
        CudaMatrix Y,
        int Rows,
        int Columns,
        int Members);
}
