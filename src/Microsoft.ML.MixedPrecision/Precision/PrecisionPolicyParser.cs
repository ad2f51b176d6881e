namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>Reads what <see cref="PrecisionPolicy.ToString"/> writes: <c>preset; Kind=Format; layer pattern=Format;
/// weights=Form</c>.</summary>
internal static class PrecisionPolicyParser
{
    private const string Layer = "layer ";

    /// <summary>Reads a policy; names of presets, kinds and formats in any case.</summary>
    /// <exception cref="ArgumentException">A part is not understood or impossible.</exception>
    public static PrecisionPolicy Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(';', StringSplitOptions.TrimEntries);
        return parts.Skip(1).Aggregate(Preset(parts[0]), Apply);
    }

    private static PrecisionPolicy Preset(string name) => name.ToUpperInvariant() switch
    {
        "FLOAT32" or "FP32" or "32" or "32-TRUE" or "O0" => PrecisionPolicy.Float32,
        "TENSORFLOAT32" or "TF32" => PrecisionPolicy.TensorFloat32,
        "MIXED_FLOAT16" or "FLOAT16" or "FP16" or "16" or "16-MIXED" or "O1" or "O2" => PrecisionPolicy.MixedFloat16,
        "MIXED_BFLOAT16" or "BFLOAT16" or "BF16" or "BF16-MIXED" => PrecisionPolicy.MixedBFloat16,
        "AUTO" => PrecisionPolicy.Auto,
        "O3" or "16-TRUE" => PrecisionPolicy.O3,
        "BF16-TRUE" => PrecisionPolicy.MixedBFloat16.WithWeightUpdate(WeightUpdate.Plain),
        _ => throw new ArgumentException(
            $"'{name}' is no precision policy: write float32 (or fp32), tensorfloat32 (tf32), mixed_float16 (fp16), mixed_bfloat16 "
                + $"(bf16), auto, O0, O1, O2 or O3.",
            nameof(name)),
    };

    private static PrecisionPolicy Apply(PrecisionPolicy policy, string part)
    {
        int split = part.IndexOf('=', StringComparison.Ordinal);
        if (split < 0)
        {
            throw new ArgumentException($"'{part}' is no override: write 'Activation=Float32', 'layer hidden.*=Float32' or "
                + $"'weights=Plain'.", nameof(part));
        }

        string target = part[..split].Trim();
        string value = part[(split + 1)..].Trim();
        if (target.Equals("weights", StringComparison.OrdinalIgnoreCase))
        {
            return policy.WithWeightUpdate(Named<WeightUpdate>(value));
        }

        if (target.StartsWith(Layer, StringComparison.OrdinalIgnoreCase))
        {
            return policy.WithLayer(target[Layer.Length..].Trim(), Named<NumericFormat>(value));
        }

        return policy.With(Named<OperationKind>(target), Named<NumericFormat>(value));
    }

    private static TEnum Named<TEnum>(string name)
        where TEnum : struct, Enum
        => Enum.GetNames<TEnum>().Contains(name, StringComparer.OrdinalIgnoreCase)
            ? Enum.Parse<TEnum>(name, ignoreCase: true)
            : throw new ArgumentException(
                $"'{name}' is no {typeof(TEnum).Name}: write {string.Join(", ", Enum.GetNames<TEnum>())}.",
                nameof(name));
}
