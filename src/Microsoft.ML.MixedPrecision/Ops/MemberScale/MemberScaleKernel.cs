using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = act(x ⊙ sᵢ + bᵢ) ⊙ rᵢ, i the member that a row is, in Float32, rounded once when stored. With z = x ⊙ s + b, which backward computes
/// again from x: dz = (dy ⊙ r) ⊙ act′(z); dx = dz ⊙ s, rounded once; ds = Σ dz ⊙ x, db = Σ dz, dr = Σ dy ⊙ act(z) over the examples, in the
/// order of <see cref="MemberSums"/>. NaN and ±∞ propagate.
/// </summary>
internal static partial class MemberScaleKernel
{
    /// <summary>y.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit, or a parameter is not Float32.</exception>
    public static void Forward(Device device, in MemberScaleArguments arguments)
    {
        Require(arguments, arguments.Y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments);
        }
        else
        {
            MemberScaleForwardJob.Run((CpuDevice)device, arguments);
        }
    }

    /// <summary>The gradients that are asked for.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit, or a parameter or its gradient is not Float32.</exception>
    public static void Backward(Device device, in MemberScaleArguments arguments)
    {
        Require(arguments, arguments.Dy);
        if (arguments.Dx.Address != 0)
        {
            Require(arguments, arguments.Dx);
        }

        if (arguments.DScale.Address != 0)
        {
            RequireParameter(arguments.DScale, arguments.Scale);
            RequireParameter(arguments.DBias, arguments.Bias);
            RequireParameter(arguments.DNext, arguments.Next);
        }

        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments);
        }
        else
        {
            MemberScaleBackwardJob.Run((CpuDevice)device, arguments);
        }
    }

    private static void Require(in MemberScaleArguments arguments, in Tensor rows)
    {
        Tensor x = arguments.X, scale = arguments.Scale;
        if (rows.Rows != x.Rows || rows.Columns != x.Columns || scale.Rows == 0 || x.Rows % scale.Rows != 0)
        {
            throw new ArgumentException($"Rows of ({x.Rows}, {x.Columns}) and ({rows.Rows}, {rows.Columns}) do not fit "
                + $"{scale.Rows} members; both must be of one shape, and whole examples.");
        }

        RequireParameter(scale, x with { Format = NumericFormat.Float32, Rows = scale.Rows });
        RequireParameter(arguments.Bias.Address == 0 ? scale : arguments.Bias, scale);
        RequireParameter(arguments.Next.Address == 0 ? scale : arguments.Next, scale);
    }

    private static void RequireParameter(in Tensor given, in Tensor wanted)
    {
        if (wanted.Address != 0 && (given.Rows != wanted.Rows || given.Columns != wanted.Columns || given.Format != NumericFormat.Float32))
        {
            throw new ArgumentException($"What members have is ({given.Rows}, {given.Columns}) {given.Format}; "
                + $"({wanted.Rows}, {wanted.Columns}) {NumericFormat.Float32} is needed.");
        }
    }
}
