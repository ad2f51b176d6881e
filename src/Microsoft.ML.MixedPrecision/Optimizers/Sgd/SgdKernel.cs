using System.Globalization;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>
/// Stochastic gradient descent in Float32: g = clamp(gradient)·factor + λw; buf ← µ·buf + g; w ← w − lr·d with d = buf, or
/// g + µ·buf for Nesterov, or g without momentum; shadow = w rounded. In form Plain w is read from the shadow. Element by element:
/// the same bits for every number of threads and every vector width. It does not look for NaN: the finite check comes before.
/// </summary>
/// <remarks>The formulas of torch.optim.SGD, dampening 0 (https://pytorch.org/docs/stable/generated/torch.optim.SGD.html).</remarks>
internal static partial class SgdKernel
{
    /// <summary>Updates weights and velocity.</summary>
    /// <exception cref="ArgumentException">
    /// There are neither master nor shadow weights, the shadow's format has 32 bits, or there is momentum but no velocity.
    /// </exception>
    public static unsafe void Run(CpuDevice device, in SgdArguments arguments)
    {
        WeightStorage.Require(arguments.Master, arguments.Shadow, arguments.ShadowFormat);
        if (arguments.Momentum != 0 && arguments.Velocity == null)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Momentum is {arguments.Momentum}, which needs a "
                + $"velocity; there is none."));
        }

        SgdJob.Run(device, arguments);
    }
}
