using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The products of k members, whose rows lie k apart: y = x·Wᵢᵀ + bᵢ, dx = dy·Wᵢ, dWᵢ = dyᵀ·x, dbᵢ = Σ dy over the examples. Sums are
/// Float32. On the CPU each member's is a product of its own, of rows that lie k pitches apart; a card has kernels for all members at once,
/// since a hundred small products would cost it a launch each. N examples, k members, C outputs, D inputs.
/// </summary>
internal static partial class MemberLinearKernel
{
    /// <summary>Bytes of working memory that a thread of the CPU needs.</summary>
    /// <param name="device">The device.</param>
    /// <param name="examples">N.</param>
    /// <param name="outputs">C.</param>
    /// <param name="inputs">D.</param>
    public static long CpuScratchBytes(CpuDevice device, int examples, int outputs, int inputs)
        => Math.Max(
            Matmul.CpuScratchBytes(device, new MatmulShape(examples, outputs, inputs)),
            Math.Max(
                Matmul.CpuScratchBytes(device, new MatmulShape(outputs, inputs, examples)),
                Matmul.CpuScratchBytes(device, new MatmulShape(examples, inputs, outputs))));

    /// <summary>y.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N·k, D), an operand format.</param>
    /// <param name="weight">W: (k·C, D), the same format.</param>
    /// <param name="bias">b: (k, C), the same format.</param>
    /// <param name="y">(N·k, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, Tensor x, Tensor weight, Tensor bias, Tensor y)
    {
        Require(x, weight, bias.Rows, y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, x, weight, bias, y);
            return;
        }

        Matmul.Run((CpuDevice)device, new MatmulArguments
        {
            A = x,
            B = weight,
            TransposeB = true,
            C = y,
            Bias = bias,
            Members = bias.Rows,
        });
    }

    /// <summary>dx.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dy">(N·k, C), an operand format.</param>
    /// <param name="weight">W: (k·C, D), the same format.</param>
    /// <param name="members">k.</param>
    /// <param name="dx">(N·k, D), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void InputGradient(Device device, Tensor dy, Tensor weight, int members, Tensor dx)
    {
        Require(dx, weight, members, dy);
        if (device is CudaDevice cuda)
        {
            InputGradient(cuda, dy, weight, members, dx);
            return;
        }

        Matmul.Run((CpuDevice)device, new MatmulArguments { A = dy, B = weight, C = dx, Members = members });
    }

    /// <summary>dW and db, or added to what is there.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dy">(N·k, C), an operand format.</param>
    /// <param name="x">(N·k, D), the same format.</param>
    /// <param name="dweight">(k·C, D) Float32.</param>
    /// <param name="dbias">(k, C) Float32.</param>
    /// <param name="accumulate">Adds.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void ParameterGradients(Device device, Tensor dy, Tensor x, Tensor dweight, Tensor dbias, bool accumulate)
    {
        Require(x, dweight, dbias.Rows, dy);
        if (device is CudaDevice cuda)
        {
            ParameterGradients(cuda, dy, x, dweight, dbias, accumulate);
            return;
        }

        MemberBiasGradient.Run(device, dy, dbias, accumulate);
        Matmul.Run((CpuDevice)device, new MatmulArguments
        {
            A = dy,
            TransposeA = true,
            B = x,
            C = dweight,
            Accumulate = accumulate,
            Members = dbias.Rows,
        });
    }

    private static void Require(in Tensor x, in Tensor weight, int members, in Tensor y)
    {
        if (members < 1 || x.Rows != y.Rows || x.Rows % members != 0
            || weight.Rows != (long)members * y.Columns || weight.Columns != x.Columns)
        {
            throw new ArgumentException($"Weights of ({weight.Rows}, {weight.Columns}) of {members} members do not lead from "
                + $"({x.Rows}, {x.Columns}) to ({y.Rows}, {y.Columns}); whole examples, and members times outputs rows, are needed.");
        }
    }
}
