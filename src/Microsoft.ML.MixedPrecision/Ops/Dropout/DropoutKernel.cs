using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x/(1 − p) where an element is kept, else 0; backward is the same of dy. Read in any storage format, computed in Float32, rounded
/// once
/// when stored. No mask is stored: it is drawn again from where the step stands.
/// </summary>
/// <remarks>
/// <para>The random word of (row, column) is number column mod 4 of <see cref="Philox"/> with key (seed,
/// <see cref="RandomPurpose.Dropout"/>) and
/// counter (column/4, row within the step, step mod 2³², layer·2¹⁶ + step/2³² mod 2¹⁶), where the step is the number of committed ones. An
/// element
/// is kept if its word is at least round(p·2³²). So masks are the same for every format, engine, number of threads and cut into
/// micro-batches.</para>
/// <para>Where the plan has a <see cref="RegularizationCourse"/>, p of a step is its share of the full p; both engines compute it in
/// Float64,
/// and may round it to neighbouring Float32 numbers.</para>
/// <para>A dropped element is 0 whatever x is, NaN and ±∞ included; a kept one keeps them. Source: N. Srivastava et al., "Dropout", JMLR
/// 2014, in
/// the form that scales when training.</para>
/// </remarks>
internal static partial class DropoutKernel
{
    /// <summary>y from x, or dx from dy, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="y">(N, C), any storage format; may be <paramref name="x"/>. Padding is not touched.</param>
    /// <param name="choice">Which elements.</param>
    /// <param name="position">Address of the <see cref="StepPosition"/>, in the device's memory.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Run(Device device, Tensor x, Tensor y, in DropoutChoice choice, nint position)
    {
        if (x.Rows != y.Rows || x.Columns != y.Columns)
        {
            throw new ArgumentException($"y is ({y.Rows}, {y.Columns}); ({x.Rows}, {x.Columns}) is needed.", nameof(y));
        }

        if (device is CudaDevice cuda)
        {
            Launch(cuda, x, y, choice, position);
        }
        else
        {
            DropoutJob.Run((CpuDevice)device, x, y, choice, position);
        }
    }
}
