using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>
/// The same on a graphics card, by cuBLASLt. Bias and ReLU are its epilogue where the bias has C's format; everything else is a kernel
/// behind
/// the product, which then is kept in Float32 until that kernel rounds it. (cuBLASLt's GELU is an approximation: in Float16 up to 19 half
/// units
/// off, measured on an H100 with 13.1; and its derivative epilogues are slower than the product and a kernel of its own.)
/// </content>
internal static partial class Matmul
{
    /// <summary>Adds the product to the device's work; see the overload for the CPU. The inner size is at least 1.</summary>
    /// <exception cref="ArgumentException">Shapes or formats do not fit together.</exception>
    public static void Run(CudaDevice device, in MatmulArguments arguments)
    {
        var shape = ShapeOf(arguments);
        if (shape.K == 0 || arguments.Saved.Address != 0)
        {
            throw new ArgumentException(
                shape.K == 0
                    ? "The inner size is 0: there is nothing to multiply."
                    : "A derivative is a kernel of its own on a card: see RunUnrounded.");
        }

        if (shape.M == 0 || shape.N == 0)
        {
            return;
        }

        if (!MatmulMembers.AreSeveral(arguments) && NarrowProduct.Serves(arguments, shape))
        {
            NarrowProduct.Run(device, arguments, shape);
        }
        else if (HasEpilogue(arguments))
        {
            Multiply(device, arguments, arguments.C, shape, arguments.Bias, arguments.Activation == ActivationKind.Relu);
        }
        else
        {
            RunWithActivation(device, arguments, shape);
        }
    }

    /// <summary>Adds a product without epilogue to the device's work, for a kernel behind it that rounds.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">The product.</param>
    /// <param name="keepsFormat">Whether C's own format does.</param>
    /// <returns>C, or its Float32 values in working memory that the next operation may take.</returns>
    /// <exception cref="ArgumentException">Shapes or formats do not fit together.</exception>
    public static Tensor RunUnrounded(CudaDevice device, in MatmulArguments arguments, bool keepsFormat)
    {
        var shape = ShapeOf(arguments);
        Tensor product = keepsFormat ? arguments.C : Float32Product(device, arguments);
        Multiply(device, arguments, product, shape, default, hasRelu: false);
        return product;
    }

    /// <summary>Bytes of working memory that a product needs on a card.</summary>
    /// <param name="rows">M.</param>
    /// <param name="columns">N.</param>
    /// <param name="result">Format of C.</param>
    /// <param name="kind">The activation in the epilogue, or the one whose derivative is.</param>
    public static long CudaScratchBytes(int rows, int columns, NumericFormat result, ActivationKind kind)
        => result.Is16Bit() && kind is not (ActivationKind.None or ActivationKind.Relu) ? ProductOf(0, rows, columns).Bytes : 0;

    private static bool HasEpilogue(in MatmulArguments a)
        => a.PreActivation.Address == 0
            && a.Activation is ActivationKind.None or ActivationKind.Relu
            && (a.Bias.Address == 0 || a.Bias.Format.Storage() == a.C.Format.Storage());

    private static void RunWithActivation(CudaDevice device, in MatmulArguments a, MatmulShape shape)
    {
        Tensor product = Float32Product(device, a);
        Multiply(device, a, product, shape, default, hasRelu: false);
        BiasActivation.Run(device, a.Activation, product, a.Bias, a.PreActivation, a.C);
    }

    /// <summary>The sizes of one of its products.</summary>
    private static MatmulShape ShapeOf(in MatmulArguments arguments)
        => MatmulShape.Of(MatmulMembers.AreSeveral(arguments) ? MatmulMembers.Of(arguments, 0) : arguments);

    private static Tensor Float32Product(CudaDevice device, in MatmulArguments a)
        => a.C.Format.Is16Bit()
            ? ProductOf(device.Scratch(ProductOf(0, a.C.Rows, a.C.Columns).Bytes, CudaScratchUse.Product), a.C.Rows, a.C.Columns)
            : a.C;

    private static Tensor ProductOf(nint address, int rows, int columns)
        => new(address, NumericFormat.Float32, rows, columns, Tensor.PitchOf(columns, NumericFormat.Float32));

    /// <summary>
    /// Under a checker: an element that the product does not write then shows in results, whereas initcheck does not follow how cuBLASLt's
    /// kernels for
    /// Hopper store (the tensor memory accelerator) and would report what they have written.
    /// </summary>
    private static void FillWithNaN(CudaDevice device, in Tensor c)
    {
        int size = c.Format.BytesPerElement();
        device.Stream.FillRows(c.Address, 0xFF, (long)c.Pitch * size, (long)c.Columns * size, c.Rows);
    }

    private static void Multiply(CudaDevice device, in MatmulArguments a, Tensor c, MatmulShape shape, Tensor bias, bool hasRelu)
    {
        device.Context.MakeCurrent();
        if (device.IsGuarded && !a.Accumulate)
        {
            FillWithNaN(device, c);
        }

        MatmulArguments written = a with { C = c }, first = written;
        MatmulBatch batch = default;
        if (MatmulMembers.AreSeveral(a))
        {
            (first, batch) = (MatmulMembers.Of(written, 0), MatmulMembers.BatchOf(written));
        }

        var key = MatmulKey.Of(first, first.C, shape, bias.Address != 0, hasRelu, batch);
        var operands = new MatmulOperands(
            first.B.Address, first.A.Address, first.C.Address, first.C.Address, device.Workspace, CudaLane.WorkspaceBytes)
        {
            Beta = a.Accumulate ? 1 : 0,
        };
        MatmulPlans.Of(device).Get(key, operands, bias.Address).Run(operands, bias.Address, device.Stream);
    }
}
