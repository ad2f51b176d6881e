using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace OnnxScoring;

/// <summary>An input whose values ONNX Runtime reads where they are.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
internal abstract class UnmanagedInput<T>(string name, int width) : ModelInput(name, width)
    where T : unmanaged
{
    /// <inheritdoc/>
    public override int MostBytes => 32;

    /// <inheritdoc/>
    public override Array NewValues(int rows) => new T[rows * Width];

    /// <inheritdoc/>
    public override string? Read(JsonElement element, Array values, int index) => Read(element, out ((T[])values)[index]);

    /// <inheritdoc/>
    public override OrtValue ToTensor(Array values, long[] shape)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, ((T[])values).AsMemory(0, (int)shape[0] * Width), shape);

    /// <inheritdoc cref="ModelInput.Read"/>
    protected abstract string? Read(JsonElement element, out T value);
}

/// <summary>Single or Double; a null is NaN, which is how ML.NET knows a missing number.</summary>
internal sealed class RealInput<T>(string name, int width) : UnmanagedInput<T>(name, width)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
{
    /// <inheritdoc/>
    public override string JsonType => "number";

    /// <inheritdoc/>
    public override bool MayBeMissing => true;

    /// <inheritdoc/>
    protected override string? Read(JsonElement element, out T value)
    {
        value = T.NaN;
        if (element.ValueKind != JsonValueKind.Number)
        {
            return element.ValueKind == JsonValueKind.Null ? null : $"is {Json.Kind(element)}; write a number, or null for a missing one";
        }

        // Beyond the range, parsing gives an infinity, not an error.
        value = T.Parse(JsonMarshal.GetRawUtf8Value(element), NumberStyles.Float, CultureInfo.InvariantCulture);
        string range = typeof(T) == typeof(float) ? "single" : "double";
        return T.IsFinite(value) ? null : $"is {Json.Shown(element.GetRawText())}, beyond {range} precision, ±{T.MaxValue}";
    }
}

/// <summary>Whole numbers.</summary>
internal sealed class WholeInput<T>(string name, int width) : UnmanagedInput<T>(name, width)
    where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <inheritdoc/>
    public override string JsonType => "integer";

    /// <inheritdoc/>
    public override bool MayBeMissing => false;

    /// <inheritdoc/>
    protected override string? Read(JsonElement element, out T value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Number
            && T.TryParse(JsonMarshal.GetRawUtf8Value(element), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            ? null
            : $"is {Json.Kind(element)}; write a whole number from {T.MinValue} to {T.MaxValue}";
    }
}

/// <summary>Booleans.</summary>
internal sealed class BooleanInput(string name, int width) : UnmanagedInput<bool>(name, width)
{
    /// <inheritdoc/>
    public override string JsonType => "boolean";

    /// <inheritdoc/>
    public override bool MayBeMissing => false;

    /// <inheritdoc/>
    protected override string? Read(JsonElement element, out bool value)
    {
        value = element.ValueKind == JsonValueKind.True;
        return element.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : $"is {Json.Kind(element)}; write true or false";
    }
}

/// <summary>Texts; a null is the empty text, which is how ML.NET knows a missing one.</summary>
internal sealed class TextInput(string name, int width) : ModelInput(name, width)
{
    /// <inheritdoc/>
    public override string JsonType => "string";

    /// <inheritdoc/>
    public override bool MayBeMissing => true;

    /// <inheritdoc/>
    public override int MostBytes => 4096;

    /// <inheritdoc/>
    public override Array NewValues(int rows) => new string[rows * Width];

    /// <inheritdoc/>
    public override string? Read(JsonElement element, Array values, int index)
    {
        try
        {
            if (element.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                return $"is {Json.Kind(element)}; write a text, or null for a missing one";
            }

            ((string[])values)[index] = element.GetString() ?? "";
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"is {Json.Kind(element)}, with half of a character that UTF-16 writes in two parts";
        }
    }

    /// <inheritdoc/>
    public override OrtValue ToTensor(Array values, long[] shape)
    {
        OrtValue tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (int i = 0; i < (int)shape[0] * Width; i++)
        {
            tensor.StringTensorSetElementAt(((string[])values)[i], i);
        }

        return tensor;
    }
}
