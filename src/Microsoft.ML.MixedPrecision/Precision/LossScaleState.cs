using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>The state of a loss scale, and its update after each step. Blittable, so that it can live in device memory.</summary>
/// <remarks>
/// <code>
/// dynamic, on overflow:  tracker = 0
///                        hysteresis left − 1; while any is left, no more
///                        scale = max(min, scale × backoff)
/// dynamic, good step:    tracker + 1; hysteresis refilled
///                        at tracker = interval: tracker = 0, scale = min(max, scale × growth) if that product is finite
/// DeepSpeed, overflow:   hysteresis left &gt; 1: hysteresis left − 1; scale at min: error; else scale = max(min, scale × backoff)
/// DeepSpeed, good step:  at a multiple of the interval since the last overflow: hysteresis refilled, scale = scale × growth
/// none, static:          the scale stays
/// </code>
/// Called last in a step, after the gradients have been unscaled with the old scale. Arithmetic in Float32, exact while factors are powers
/// of two.
/// <para>
/// Sources: PyTorch <c>aten/src/ATen/native/cpu/AmpGradScalerKernels.cpp</c> (<c>_amp_update_scale_cpu_kernel</c>);
/// Keras <c>keras/src/optimizers/loss_scale_optimizer.py</c> (<c>_stateful_handle_finite_grads</c>,
/// <c>_stateful_handle_non_finite_grads</c>);
/// Apex <c>apex/amp/scaler.py</c> (<c>LossScaler.update_scale</c>) and, for consecutive hysteresis, <c>csrc/update_scale_hysteresis.cu</c>;
/// DeepSpeed <c>deepspeed/runtime/fp16/loss_scaler.py</c> (<c>DynamicLossScaler.update_scale</c>).
/// They differ in their constants alone, except DeepSpeed's. Apex's and DeepSpeed's scales are double: from 2¹²⁸ and below 2⁻¹⁴⁹ this state
/// has infinity and 0.
/// </para>
/// </remarks>
internal struct LossScaleState
{
    /// <summary>Steps so far, skipped ones included; the number of the next one, from 0.</summary>
    public long Iteration;

    /// <summary>Number of the last step that overflowed; −1 before the first.</summary>
    public long LastOverflow;

    /// <summary>The factor on the loss in the next step.</summary>
    public float Scale;

    /// <summary>Good steps since the last overflow or growth; DeepSpeed's rule leaves it at 0.</summary>
    public int GrowthTracker;

    /// <summary>Overflows until the scale backs off: the hysteresis less those used up; not below 0.</summary>
    public int HysteresisLeft;

    /// <summary>How often the scale has become larger.</summary>
    public int Growths;

    /// <summary>How often the scale has become smaller.</summary>
    public int Backoffs;

    /// <summary>Overflows in a row that found the scale at its floor (a fixed scale always is): nothing is left to lower.</summary>
    public int ConsecutiveSkipsAtFloor;

    /// <summary>1 once DeepSpeed's rule would have raised its error, an overflow at the floor; else 0.</summary>
    public int FloorError;

    /// <summary>
    /// Whether training cannot go on: DeepSpeed's error at the floor, or a scale of 0 or infinity, which the rules of PyTorch, Keras and
    /// Apex
    /// can reach and under which every gradient is 0 or not finite.
    /// </summary>
    public readonly bool HasFailed => FloorError != 0 || !(Scale > 0 && Scale < float.PositiveInfinity);

    /// <summary>The state before the first step.</summary>
    public static LossScaleState Initial(in LossScaleRule rule)
        => new() { Scale = rule.InitialScale, HysteresisLeft = rule.Hysteresis, LastOverflow = -1 };

    /// <summary>What a step does to the scale. Allocates nothing.</summary>
    /// <param name="rule">The constants, the same in every step.</param>
    /// <param name="nonFinite">Whether the step met an infinity or NaN, and so was skipped.</param>
    public void Update(in LossScaleRule rule, bool nonFinite)
    {
        if (!nonFinite)
        {
            ConsecutiveSkipsAtFloor = 0;
        }
        else if (Scale <= rule.MinScale)
        {
            ConsecutiveSkipsAtFloor++;
        }

        switch (rule.Kind)
        {
            case LossScaleKind.Dynamic when nonFinite:
                OverflowDynamic(rule);
                break;
            case LossScaleKind.Dynamic:
                GoodDynamic(rule);
                break;
            case LossScaleKind.DeepSpeed when nonFinite:
                OverflowDeepSpeed(rule);
                break;
            case LossScaleKind.DeepSpeed:
                GoodDeepSpeed(rule);
                break;
            case LossScaleKind.None or LossScaleKind.Static or LossScaleKind.Measured:
                break;
            default:
                throw UnknownValue.Of(rule.Kind);
        }

        if (nonFinite)
        {
            LastOverflow = Iteration;
        }

        Iteration++;
    }

    private void OverflowDynamic(in LossScaleRule rule)
    {
        GrowthTracker = 0;
        HysteresisLeft = Math.Max(0, HysteresisLeft - 1);
        if (HysteresisLeft == 0)
        {
            BackOff(rule);
        }
    }

    private void GoodDynamic(in LossScaleRule rule)
    {
        HysteresisLeft = rule.Hysteresis;
        GrowthTracker++;
        if (GrowthTracker != rule.GrowthInterval)
        {
            return;
        }

        GrowthTracker = 0;
        Grow(rule);
    }

    private void OverflowDeepSpeed(in LossScaleRule rule)
    {
        if (HysteresisLeft > 1)
        {
            HysteresisLeft--;
        }
        else if (Scale == rule.MinScale)
        {
            FloorError = 1;
        }
        else
        {
            BackOff(rule);
        }
    }

    private void GoodDeepSpeed(in LossScaleRule rule)
    {
        long stable = Iteration - LastOverflow - 1;
        if (stable == 0 || stable % rule.GrowthInterval != 0)
        {
            return;
        }

        HysteresisLeft = rule.Hysteresis;
        Grow(rule);
    }

    private void BackOff(in LossScaleRule rule)
    {
        float lowered = Math.Max(rule.MinScale, Scale * rule.BackoffFactor);
        if (lowered < Scale)
        {
            Backoffs++;
        }

        Scale = lowered;
    }

    private void Grow(in LossScaleRule rule)
    {
        float grown = Scale * rule.GrowthFactor;
        if (grown > rule.MaxScale)
        {
            grown = float.IsFinite(grown) ? rule.MaxScale : Scale;
        }

        if (grown > Scale)
        {
            Growths++;
        }

        Scale = grown;
    }
}
