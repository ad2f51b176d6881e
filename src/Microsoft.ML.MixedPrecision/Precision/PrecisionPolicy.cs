using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Decides which format (FP32, TF32, FP16, BF16) every operation of a network uses: mixed precision. Immutable, compared by value, in JSON
/// the string of <see cref="ToString"/>.
/// </summary>
/// <remarks>
/// In order, the first that applies decides:
/// <list type="number">
/// <item>losses, sums and the optimizer: always Float32, since they add small to large or overflow in 16 bits;</item>
/// <item>the last <see cref="WithLayer"/> whose pattern matches the layer's name;</item>
/// <item><see cref="With(OperationKind, NumericFormat)"/> for the operation's kind; normalizations go with the activations where they have
/// no wish of their own;</item>
/// <item>the preset's <see cref="ComputeFormat"/>, for matrix products (which always accumulate in Float32) and for stored activations and
/// normalized values (which are always computed in Float32).</item>
/// </list>
/// A layer's weights <i>and its bias</i> are read in the format of its product: where that has 16 bits, the bias that is added, in Float32,
/// is the copy of its master in 16
/// bits. Scale and shift of normalizations are read in Float32.
/// <para/>
/// Presets: <c>float32</c> (IEEE, TensorFloat32 off), <c>tensorfloat32</c>, <c>mixed_float16</c>, <c>mixed_bfloat16</c>, <c>auto</c>
/// (BFloat16 from compute capability 8.0, Float16 from 7.0, else Float32; Float32 on the CPU), and those of NVIDIA Apex.
/// </remarks>
[JsonConverter(typeof(ReadableJsonConverter<PrecisionPolicy>))]
[TypeConverter(typeof(ReadableTypeConverter<PrecisionPolicy>))]
public sealed class PrecisionPolicy : IEquatable<PrecisionPolicy>, IReadable<PrecisionPolicy>
{
    private readonly PrecisionPreset _preset;

    // First one at most per kind, in the order of the kinds; then layers, later wishes behind earlier ones.
    private readonly ImmutableArray<PrecisionOverride> _overrides;

    private PrecisionPolicy(PrecisionPreset preset)
        : this(preset, preset.WeightUpdate, [])
    {
    }

    private PrecisionPolicy(PrecisionPreset preset, WeightUpdate weightUpdate, ImmutableArray<PrecisionOverride> overrides)
    {
        _preset = preset;
        WeightUpdate = weightUpdate;
        _overrides = overrides;
    }

    /// <summary>Everything in IEEE Float32; TensorFloat32 is off.</summary>
    public static PrecisionPolicy Float32 { get; } = new(new PrecisionPreset("float32", NumericFormat.Float32));

    /// <summary>Float32 with products whose operands keep 10 mantissa bits. On GPUs from compute capability 8.0.</summary>
    public static PrecisionPolicy TensorFloat32 { get; } = new(new PrecisionPreset("tensorfloat32", NumericFormat.TensorFloat32));

    /// <summary>Products and activations in Float16, Float32 where it matters, master weights; needs loss scaling.</summary>
    public static PrecisionPolicy MixedFloat16 { get; } = new(new PrecisionPreset("mixed_float16", NumericFormat.Float16));

    /// <summary>Products and activations in BFloat16, Float32 where it matters, master weights. On GPUs from compute capability
    /// 8.0.</summary>
    public static PrecisionPolicy MixedBFloat16 { get; } = new(new PrecisionPreset("mixed_bfloat16", NumericFormat.BFloat16));

    /// <summary>The fastest policy that the device runs without risk: see the remarks of the class.</summary>
    public static PrecisionPolicy Auto { get; } = new(new PrecisionPreset("auto", NumericFormat.Float32, IsAuto: true));

    /// <summary>Apex O0: <see cref="Float32"/>.</summary>
    public static PrecisionPolicy O0 => Float32;

    /// <summary>Apex O1: <see cref="MixedFloat16"/>.</summary>
    public static PrecisionPolicy O1 => MixedFloat16;

    /// <summary>Apex O2: <see cref="MixedFloat16"/>. O1 and O2 differ in how Apex casts, not in which format an operation gets.</summary>
    public static PrecisionPolicy O2 => MixedFloat16;

    /// <summary>Apex O3: Float16 without master weights, and a loss scale of 1 unless another is asked for. For speed
    /// comparisons.</summary>
    public static PrecisionPolicy O3 { get; } = new(new PrecisionPreset("O3", NumericFormat.Float16, WeightUpdate.Plain));

    /// <summary>The preset's name alone, such as <c>mixed_float16</c>, whatever has been overridden since.</summary>
    /// <remarks>To keep a policy as text and read it back with <see cref="Parse"/>, use <see cref="ToString"/>, which has the overrides and
    /// the weight update too.</remarks>
    public string Name => _preset.Name;

    /// <summary>Whether the formats are chosen only when the device is known.</summary>
    public bool IsAuto => _preset.IsAuto;

    /// <summary>The format of matrix products and stored activations, where no override says otherwise.</summary>
    /// <exception cref="InvalidOperationException"><see cref="IsAuto"/>.</exception>
    public NumericFormat ComputeFormat => IsAuto
        ? throw new InvalidOperationException("The policy 'auto' has no format before the device is known: name a policy such as "
            + "PrecisionPolicy.MixedBFloat16, or ask the trained result.")
        : _preset.Format;

    /// <summary>Where the optimizer adds its updates.</summary>
    public WeightUpdate WeightUpdate { get; }

    /// <summary>The wishes for layers by name, later ones behind earlier ones.</summary>
    internal IEnumerable<PrecisionOverride> LayerWishes => _overrides.Where(wish => wish.Pattern is not null);

    /// <summary>Whether this is O3, overridden or not, whose loss scale is 1 unless another is asked for.</summary>
    internal bool IsO3 => ReferenceEquals(_preset, O3._preset);

    /// <summary>Reads a preset's name (<c>float32</c>, <c>tensorfloat32</c>, <c>mixed_float16</c>, <c>mixed_bfloat16</c>, <c>auto</c>,
    /// <c>O0</c> to <c>O3</c>, in any case) or what <see cref="ToString"/> wrote.</summary>
    /// <remarks>
    /// Names that users of PyTorch, Lightning, Keras and Hugging Face type are taken too:
    /// <list type="table">
    /// <listheader><term>text</term><description>policy</description></listheader>
    /// <item><term><c>fp32</c>, <c>32</c>, <c>32-true</c></term><description><see cref="Float32"/></description></item>
    /// <item><term><c>tf32</c></term><description><see cref="TensorFloat32"/></description></item>
    /// <item><term><c>fp16</c>, <c>float16</c>, <c>16</c>, <c>16-mixed</c></term><description><see cref="MixedFloat16"/>: with Float32
    /// master weights, unlike Keras's policy <c>float16</c></description></item>
    /// <item><term><c>bf16</c>, <c>bfloat16</c>, <c>bf16-mixed</c></term><description><see cref="MixedBFloat16"/></description></item>
    /// <item><term><c>16-true</c></term><description><see cref="O3"/>: Float16 without master weights</description></item>
    /// <item><term><c>bf16-true</c></term><description><see cref="MixedBFloat16"/> with
    /// <see cref="WeightUpdate.Plain"/></description></item>
    /// </list>
    /// </remarks>
    /// <param name="text">For example <c>mixed_float16; Activation=Float32; layer head.*=Float32; weights=Plain</c>.</param>
    /// <exception cref="ArgumentException">The text is not understood, or wishes for something impossible; the message says what is
    /// allowed.</exception>
    public static PrecisionPolicy Parse(string text) => PrecisionPolicyParser.Parse(text);

    /// <summary>The same policy with another format for one kind of operation. A layer's override goes before a kind's.</summary>
    /// <param name="kind">The operations concerned.</param>
    /// <param name="format">Their format.</param>
    /// <exception cref="ArgumentException">Impossible, such as the loss in Float16 (65536, the first loss scale, exceeds 65504); the
    /// message says why.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An undefined enum value.</exception>
    public PrecisionPolicy With(OperationKind kind, NumericFormat format) => With(PrecisionOverride.OfKind(kind, format));

    /// <summary>The same policy with another format for the matrix products, activations and normalizations of layers. Of several that
    /// match, the last wins.</summary>
    /// <param name="pattern">A layer's name, such as <c>hidden.0</c>, with <c>*</c> for any characters and <c>?</c> for one;
    /// case-sensitive.</param>
    /// <param name="format">Their format; with TensorFloat32 activations are stored in Float32.</param>
    /// <exception cref="ArgumentException">The pattern is empty or has a character that no layer name has.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An undefined enum value.</exception>
    public PrecisionPolicy WithLayer(string pattern, NumericFormat format) => With(PrecisionOverride.OfLayers(pattern, format));

    /// <summary>The same policy with another form of weight update.</summary>
    /// <param name="weightUpdate">The form.</param>
    /// <exception cref="ArgumentOutOfRangeException">An undefined enum value.</exception>
    public PrecisionPolicy WithWeightUpdate(WeightUpdate weightUpdate)
    {
        PrecisionOverride.ThrowIfUndefined(weightUpdate);
        return new(_preset, weightUpdate, _overrides);
    }

    /// <summary>The format of an operation and the reason for it.</summary>
    /// <param name="kind">What the operation does.</param>
    /// <param name="layerName">The layer it belongs to.</param>
    /// <exception cref="InvalidOperationException"><see cref="IsAuto"/>: call <see cref="Resolve"/> first.</exception>
    internal FormatDecision Decide(OperationKind kind, string layerName)
    {
        if (FixedDecision(kind) is { } always)
        {
            return always;
        }

        NumericFormat format = ComputeFormat;
        string rule = Name;
        foreach (PrecisionOverride wish in _overrides)
        {
            if (wish.Matches(kind, layerName))
            {
                (format, rule) = (
                    wish.Format,
                    wish.Pattern is null ? $"{Name} with {wish.Kind} overridden" : $"layer pattern '{wish.Pattern}'");
            }
        }

        if (kind == OperationKind.Activation)
        {
            return new(format.Storage(), $"{rule}: activations stored in {format.Storage()}");
        }

        if (kind == OperationKind.Normalization)
        {
            return new(format.Storage(), $"{rule}: normalized values stored in {format.Storage()}");
        }

        return new(format, $"{rule}: matrix products in {format}");
    }

    /// <summary>Whether any operation of any layer may be in this format. (No pattern matches the empty name, which no layer
    /// has.)</summary>
    /// <exception cref="InvalidOperationException"><see cref="IsAuto"/>.</exception>
    internal bool Uses(NumericFormat format)
        => Decide(OperationKind.MatrixProduct, string.Empty).Format == format
            || Decide(OperationKind.Activation, string.Empty).Format == format
            || Decide(OperationKind.Normalization, string.Empty).Format == format
            || LayerWishes.Any(wish => wish.Format == format);

    /// <summary>The policy for a device: <see cref="Auto"/> becomes a named one (its overrides stay), others are checked.</summary>
    /// <exception cref="NotSupportedException">The device lacks a format that the policy uses; the message says what it has.</exception>
    internal PrecisionPolicy Resolve(PrecisionDevice device)
    {
        PrecisionPolicy resolved = IsAuto ? new(ForFormat(device.BestFormat)._preset, WeightUpdate, _overrides) : this;
        foreach (NumericFormat format in Enum.GetValues<NumericFormat>())
        {
            if (!device.Supports(format) && resolved.Uses(format))
            {
                throw new NotSupportedException(
                    $"The policy '{this}' uses {format}, but the device is {device}, which has Float32 and Float16; {format} needs 8.0 "
                        + $"(Ampere) or later. Use PrecisionPolicy.MixedFloat16, or ComputeDevice.Cpu, which emulates every format.");
            }
        }

        return resolved;
    }

    /// <summary>Whether both give every operation the same format for the same reason.</summary>
    public static bool operator ==(PrecisionPolicy? left, PrecisionPolicy? right) => Equals(left, right);

    /// <summary>Whether they differ in preset, overrides or weight update.</summary>
    public static bool operator !=(PrecisionPolicy? left, PrecisionPolicy? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(PrecisionPolicy? other)
        => other is not null
            && _preset == other._preset
            && WeightUpdate == other.WeightUpdate
            && _overrides.SequenceEqual(other._overrides);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PrecisionPolicy);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(_preset);
        hash.Add(WeightUpdate);
        foreach (PrecisionOverride wish in _overrides)
        {
            hash.Add(wish);
        }

        return hash.ToHashCode();
    }

    /// <summary>The preset's name and every departure from it: <c>preset; Kind=Format; layer pattern=Format; weights=Form</c>.
    /// <see cref="Parse"/> makes an equal policy of it.</summary>
    public override string ToString()
    {
        IEnumerable<string> parts = [Name, .. _overrides.Select(wish => wish.ToString())];
        if (WeightUpdate != _preset.WeightUpdate)
        {
            parts = parts.Append($"weights={WeightUpdate}");
        }

        return string.Join("; ", parts);
    }

    private static PrecisionPolicy ForFormat(NumericFormat format) => format switch
    {
        NumericFormat.BFloat16 => MixedBFloat16,
        NumericFormat.Float16 => MixedFloat16,
        NumericFormat.TensorFloat32 => TensorFloat32,
        NumericFormat.Float32 => Float32,
        _ => throw UnknownValue.Of(format),
    };

    private FormatDecision? FixedDecision(OperationKind kind) => kind switch
    {
        OperationKind.Loss => new(NumericFormat.Float32, "its scale overflows 16 bits: always Float32"),
        OperationKind.Reduction => new(NumericFormat.Float32, "accumulates: always Float32"),
        OperationKind.Optimizer when WeightUpdate == WeightUpdate.Plain => new(NumericFormat.Float32,
            "moments accumulate: always Float32; weights without masters"),
        OperationKind.Optimizer => new(NumericFormat.Float32, "moments and master weights accumulate: always Float32"),
        OperationKind.MatrixProduct or OperationKind.Activation or OperationKind.Normalization => null,
        _ => throw UnknownValue.Of(kind),
    };

    private PrecisionPolicy With(PrecisionOverride wish)
        => new(_preset, WeightUpdate, [.. _overrides.Where(other => !other.HasSameTarget(wish)).Append(wish).OrderBy(Order)]);

    // A stable sort: layers keep the order of the wishes.
    private static int Order(PrecisionOverride wish) => wish.Pattern is null ? (int)wish.Kind : int.MaxValue;
}
