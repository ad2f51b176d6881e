using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>
/// The factor of the learning rate in committed step t of T, see <see cref="LearningRateSchedule"/>; the same in schedule.cuh, on a card. Steps beyond T have the factor
/// of the last one.
/// </summary>
/// <param name="Kind">Its course.</param>
/// <param name="Steps">T.</param>
/// <param name="WarmupSteps">w; with one cycle the steps on the way up.</param>
/// <param name="FinalFraction">f.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RateSchedule(LearningRateSchedule Kind, long Steps, long WarmupSteps, float FinalFraction)
{
    private const double OneCycleStart = 1.0 / 25, OneCycleEnd = OneCycleStart / 1e4, OneCycleRise = 0.3;

    /// <summary>The schedule of a run.</summary>
    /// <param name="kind">Its course.</param>
    /// <param name="steps">Steps of all epochs.</param>
    /// <param name="warmupFraction">Share of them that is warm-up.</param>
    /// <param name="finalFraction">f.</param>
    public static RateSchedule Create(LearningRateSchedule kind, long steps, float warmupFraction, float finalFraction)
    {
        double share = kind == LearningRateSchedule.OneCycle && warmupFraction == 0 ? OneCycleRise : warmupFraction;
        long warmup = (long)Math.Round(share * steps);
        return new(kind, steps, kind == LearningRateSchedule.OneCycle ? Math.Max(1, warmup) : warmup, finalFraction);
    }

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
            return (float)((double)step / WarmupSteps);
        }

        double progress = Math.Min(1, (double)(step - 1 - WarmupSteps) / Math.Max(1, Steps - WarmupSteps));
        return (float)(Kind switch
        {
            LearningRateSchedule.Linear => 1 - ((1 - (double)FinalFraction) * progress),
            LearningRateSchedule.Cosine => Along(1, FinalFraction, progress),
            _ => 1,
        });
    }

    /// <summary>As torch.optim.lr_scheduler.OneCycleLR: the first step has the start's rate, step w the full one, step T the end's.</summary>
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
