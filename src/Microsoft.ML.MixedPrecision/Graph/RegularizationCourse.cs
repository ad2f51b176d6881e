using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// The share of weight decay and dropout in step t of T, t from 1: 1 throughout, or f = ½(1 + cos(π·max(0, 2p − 1))) with
/// p = (t − 1)/T: 1 in the first half of the steps, then down along half a cosine to 0. Steps beyond T have f = 0.
/// </summary>
/// <param name="Steps">T; 0 for 1 throughout.</param>
/// <remarks>Source: <c>flat_cos</c> of RealMLP, D. Holzmüller et al. (https://arxiv.org/abs/2407.04491). The same in
/// regularization.cuh, on a card.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RegularizationCourse(long Steps)
{
    /// <summary>The share.</summary>
    /// <param name="step">t, from 1.</param>
    public float FactorOf(long step)
    {
        if (Steps == 0)
        {
            return 1;
        }

        double progress = Math.Min(1, (step - 1) / (double)Steps);
        return (float)((1 + Math.Cos(Math.PI * Math.Max(0, (2 * progress) - 1))) / 2);
    }
}
