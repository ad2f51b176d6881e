using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// The factor of the learning rate in committed step t of T, see <see cref="LearningRateSchedule"/>; the same in schedule.cuh, on a card.
/// Steps beyond T have the factor
/// of the last one.
/// </summary>
/// <param name="Kind">Its course.</param>
/// <param name="Steps">T.</param>
/// <param name="WarmupSteps">w, a whole number; with one cycle the number of the step with the full rate, which may lie between two steps
/// or before the first.</param>
/// <param name="FinalFraction">f.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RateSchedule(LearningRateSchedule Kind, long Steps, double WarmupSteps, float FinalFraction)
{
    /// <summary>2⁴ − 1: as many hills as the power.</summary>
    private const double FourHills = 15;

    private const double OneCycleStart = 1.0 / 25, OneCycleEnd = OneCycleStart / 1e4, OneCycleRise = 0.3;

    /// <summary>The schedule of a run.</summary>
    /// <param name="kind">Its course.</param>
    /// <param name="steps">Steps of all epochs.</param>
    /// <param name="warmupFraction">Share of them that is warm-up.</param>
    /// <param name="finalFraction">f.</param>
    public static RateSchedule Create(LearningRateSchedule kind, long steps, float warmupFraction, float finalFraction)
        => new(
            kind,
            steps,
            kind == LearningRateSchedule.OneCycle ? Top(steps, warmupFraction) : Share.RoundedOf(warmupFraction, steps),
            finalFraction);

    /// <summary>Whether every step has the factor that it would have without warm-up.</summary>
    public bool IsWarmupIdle
        => Kind != LearningRateSchedule.OneCycle
            && (WarmupSteps == 0 || (WarmupSteps == 1 && (Kind == LearningRateSchedule.Constant || Steps == 1)));

    /// <summary>The factor.</summary>
    /// <param name="step">t, from 1.</param>
    public float FactorOf(long step)
    {
        if (Kind == LearningRateSchedule.OneCycle)
        {
            return (float)OneCycle(step);
        }

        if (step <= WarmupSteps)
        {
            return (float)(step / WarmupSteps);
        }

        double progress = Math.Min(1, (step - 1 - WarmupSteps) / Math.Max(1, Steps - WarmupSteps));
        return (float)(Kind switch
        {
            LearningRateSchedule.Linear => 1 - ((1 - (double)FinalFraction) * progress),
            LearningRateSchedule.Cosine => Along(1, FinalFraction, progress),
            LearningRateSchedule.CosLog => (1 - Math.Cos(2 * Math.PI * Math.Log2(1 + (FourHills * progress)))) / 2,
            LearningRateSchedule.FlatCos => Along(1, FinalFraction, Math.Max(0, (2 * progress) - 1)),
            LearningRateSchedule.Constant => 1,
            _ => throw UnknownValue.Of(Kind),
        });
    }

    /// <summary>
    /// The step of one cycle that has the full rate: the share times T, as PyTorch computes it, with the share's decimal digits, so that
    /// 0.1 of 10 steps is 1. A run of one
    /// step has it there, where PyTorch would have the end's.
    /// </summary>
    private static double Top(long steps, float share)
        => steps == 1 ? 1 : (share == 0 ? OneCycleRise * steps : (double)Share.Of(share, steps));

    /// <summary>
    /// As torch.optim.lr_scheduler.OneCycleLR: the first step has the start's rate, step w the full one, step T the end's; w need be no
    /// whole number. Below 1 the way down
    /// has begun before the first step. At 1, where PyTorch divides 0 by 0, the first step has the full rate.
    /// </summary>
    private double OneCycle(long step)
    {
        double at = step - 1, top = WarmupSteps - 1, last = Steps - 1;
        return at <= top
            ? Along(OneCycleStart, 1, top > 0 ? at / top : 1)
            : Along(1, OneCycleEnd, last > top ? Math.Min(1, (at - top) / (last - top)) : 1);
    }

    /// <summary>From one value to another along half a cosine.</summary>
    private static double Along(double from, double to, double progress) => to + ((from - to) * (1 + Math.Cos(Math.PI * progress)) / 2);
}
