using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Keeps an enum in JSON as its name, numbers refused, without reflection: for the contexts that read untrusted files.</summary>
/// <typeparam name="TEnum">The enum.</typeparam>
internal sealed class EnumNameConverter<TEnum>() : JsonStringEnumConverter<TEnum>(namingPolicy: null, allowIntegerValues: false)
    where TEnum : struct, Enum;
