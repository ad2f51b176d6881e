using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// How the loss is scaled so that small Float16 gradients do not become 0. Immutable, compared by value, in JSON the string of
/// <see cref="ToString"/>.
/// </summary>
/// <remarks>
/// The loss is multiplied by a scale before the backward pass, gradients are divided by it before the update, in Float32.
/// A dynamic scale: a step with an infinity or NaN in its gradients is skipped and the scale × backoff; after some good steps in a row the
/// scale × growth.
/// <list type="table">
/// <listheader><term>preset</term><description>initial, interval, hysteresis, floor, ceiling (factors 2 and ½)</description></listheader>
/// <item><term><see cref="Dynamic"/></term><description>65536, 2000, 1, 1, 2²⁴</description></item>
/// <item><term><see cref="PyTorch"/></term><description>65536, 2000, 1, none, the largest finite</description></item>
/// <item><term><see cref="Keras"/></term><description>32768, 2000, 1, none, none</description></item>
/// <item><term><see cref="Apex"/></term><description>65536, 2000, 1, none, 2²⁴</description></item>
/// <item><term><see cref="DeepSpeed"/></term><description>65536, 1000, 2 (kept used up until growth), 1 and there an error,
/// none</description></item>
/// </list>
/// Under <see cref="Auto"/>, <see cref="Dynamic"/> and <see cref="Measured"/> the rows of skipped steps run again at the end of their
/// epoch, see
/// <see cref="NetworkTrainerOptions.RetryPasses"/>; under a fixed scale and the presets of other libraries they are lost for that epoch, as
/// they are there.
/// </remarks>
[JsonConverter(typeof(ReadableJsonConverter<LossScaling>))]
[TypeConverter(typeof(ReadableTypeConverter<LossScaling>))]
public sealed class LossScaling : IEquatable<LossScaling>, IReadable<LossScaling>
{
    private readonly LossScaleRule _rule;

    private LossScaling(string name, LossScaleRule rule)
    {
        Name = name;
        _rule = rule;
    }

    /// <summary><see cref="Dynamic"/> where the policy uses Float16 (but 1 under <see cref="PrecisionPolicy.O3"/>), none
    /// elsewhere.</summary>
    public static LossScaling Auto { get; } = new("auto", DynamicRule);

    /// <summary>No scaling. Refused where the policy uses Float16: there <c>Static(1)</c> is the deliberate off switch.</summary>
    public static LossScaling None { get; } = new("none", LossScaleRule.None);

    /// <summary>As <c>torch.amp.GradScaler</c> with its defaults.</summary>
    public static LossScaling PyTorch { get; } = new("pytorch", DynamicRule with { MinScale = 0, MaxScale = float.MaxValue });

    /// <summary>As <c>keras.optimizers.LossScaleOptimizer</c> with its defaults.</summary>
    public static LossScaling Keras { get; } = new(
        "keras",
        DynamicRule with { InitialScale = 32768, MinScale = 0, MaxScale = float.PositiveInfinity });

    /// <summary>As <c>apex.amp</c>'s dynamic loss scale.</summary>
    public static LossScaling Apex { get; } = new("apex", DynamicRule with { MinScale = 0 });

    /// <summary>As DeepSpeed's <c>fp16</c> section with its defaults. An overflow at the floor of 1 ends training with an error.</summary>
    public static LossScaling DeepSpeed { get; } = new("deepspeed", new LossScaleRule(
        LossScaleKind.DeepSpeed, InitialScale: 65536, GrowthInterval: 1000, Hysteresis: 2, MinScale: 1, MaxScale: float.PositiveInfinity));

    /// <summary><c>auto</c>, <c>none</c>, <c>static</c>, <c>measured</c>, <c>dynamic</c> or a preset's name in lower case, without the
    /// numbers of <c>static</c> and <c>dynamic</c>.</summary>
    /// <remarks>To keep a scaling as text and read it back with <see cref="Parse"/>, use <see cref="ToString"/>.</remarks>
    public string Name { get; }

    /// <summary>Whether a scaler was asked for by name; under a policy without Float16 it is accepted and unused, which the trainer says
    /// once.</summary>
    internal bool IsExplicit => Name != Auto.Name && Name != None.Name;

    /// <summary>Whether steps that were skipped run again at the end of their epoch: <see cref="Auto"/>, <see cref="Dynamic"/> and
    /// <see cref="Measured"/>, where the scale can change.</summary>
    /// <param name="rule">The rule that this resolved to.</param>
    internal bool RunsSkippedStepsAgain(in LossScaleRule rule)
        => rule.Kind == LossScaleKind.Dynamic && (Name is "auto" or "dynamic" or "measured");

    private static LossScaleRule DynamicRule => new(LossScaleKind.Dynamic, InitialScale: 65536);

    /// <summary>A fixed scale.</summary>
    /// <param name="scale">A positive finite number; gradients must stay below 65504/scale. 1 switches scaling off.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="scale"/> is not positive and finite.</exception>
    public static LossScaling Static(float scale)
    {
        LossScalingChecks.PositiveFinite(scale, "write 1 to switch scaling off, or a power of two such as 1024");
        return new("static", LossScaleRule.Static(scale));
    }

    /// <summary>
    /// A scale found by probe steps, on rows as they come and on those of the largest weights: the largest power of two under which the
    /// largest gradient stays below 65504/8,
    /// at most 2²⁴. It stays, but for halvings where a step overflows all the same.
    /// </summary>
    public static LossScaling Measured() => new("measured", LossScaleRule.ToMeasure);

    /// <summary>A scale that grows after good steps and backs off on overflow.</summary>
    /// <param name="initialScale">The first scale, from <paramref name="minScale"/> to <paramref name="maxScale"/>.</param>
    /// <param name="growthFactor">Factor on growth, above 1.</param>
    /// <param name="backoffFactor">Factor on overflow, above 0 and below 1.</param>
    /// <param name="growthInterval">Good steps in a row before growth, at least 1.</param>
    /// <param name="hysteresis">Overflows in a row before the scale backs off, at least 1; each further one lowers it again.</param>
    /// <param name="minScale">The floor, above 0: there overflows are still skipped, but the scale stays.</param>
    /// <param name="maxScale">The ceiling, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument outside its range; the message names it and the range.</exception>
    public static LossScaling Dynamic(
        float initialScale = 65536,
        float growthFactor = 2,
        float backoffFactor = 0.5f,
        int growthInterval = 2000,
        int hysteresis = 1,
        float minScale = 1,
        float maxScale = LossScaleRule.DefaultMaxScale)
    {
        LossScalingChecks.PositiveFinite(minScale, "write 1, the default");
        LossScalingChecks.PositiveFinite(maxScale, "write 16777216, the default");
        LossScalingChecks.Between(initialScale, minScale, maxScale);
        LossScalingChecks.AboveOne(growthFactor);
        LossScalingChecks.BetweenZeroAndOne(backoffFactor);
        LossScalingChecks.AtLeastOne(growthInterval, "write 2000, the default");
        LossScalingChecks.AtLeastOne(hysteresis, "1 backs off on every overflow");
        return new("dynamic", new LossScaleRule(
            LossScaleKind.Dynamic, initialScale, growthFactor, backoffFactor, growthInterval, hysteresis, minScale, maxScale));
    }

    /// <summary>Reads what <see cref="ToString"/> wrote, or a name alone, in any case.</summary>
    /// <param name="text">For example <c>auto</c>, <c>static(1024)</c>, <c>dynamic</c>, <c>dynamic(initialScale=1024,
    /// growthInterval=500)</c>, <c>pytorch</c>.</param>
    /// <exception cref="ArgumentException">Not understood, or a number is not allowed; the message says what is.</exception>
    public static LossScaling Parse(string text) => LossScalingText.Parse(text);

    /// <summary>The rule under a policy, the network not yet being known: none (scale 1) unless the policy may use Float16.</summary>
    /// <exception cref="ArgumentException"><see cref="None"/> with a policy that uses Float16.</exception>
    /// <exception cref="InvalidOperationException">The policy is still <c>auto</c>.</exception>
    internal LossScaleRule Resolve(PrecisionPolicy policy) => Resolve(policy, policy.Uses(NumericFormat.Float16));

    /// <summary>The rule for a network under a policy: none (scale 1) unless one of its operations is in Float16.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="usesFloat16">Whether one is. (A layer pattern that matches no layer puts none there.)</param>
    /// <exception cref="ArgumentException"><see cref="None"/> with Float16.</exception>
    internal LossScaleRule Resolve(PrecisionPolicy policy, bool usesFloat16)
    {
        if (!usesFloat16)
        {
            return LossScaleRule.None;
        }

        if (Name == None.Name)
        {
            throw new ArgumentException(
                $"The policy '{policy}' uses Float16, where gradients below 3e-8 become 0, and so needs loss scaling other than "
                    + $"'none': use LossScaling.Auto, or LossScaling.Static(1), the deliberate off switch.");
        }

        return Name == Auto.Name && policy.IsO3 ? LossScaleRule.Static(1) : _rule;
    }

    /// <summary>Whether both scale alike and have the same name.</summary>
    public static bool operator ==(LossScaling? left, LossScaling? right) => Equals(left, right);

    /// <summary>Whether they differ in name or in a constant.</summary>
    public static bool operator !=(LossScaling? left, LossScaling? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(LossScaling? other) => other is not null && Name == other.Name && _rule == other._rule;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LossScaling);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, _rule);

    /// <summary>The name and the constants that the caller chose, as <see cref="Parse"/> reads them.</summary>
    public override string ToString() => LossScalingText.Write(Name, _rule);
}
