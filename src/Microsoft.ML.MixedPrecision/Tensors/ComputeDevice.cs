using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Names the device that computes. Immutable; in JSON a string such as <c>"cuda:0"</c>.</summary>
[JsonConverter(typeof(ReadableJsonConverter<ComputeDevice>))]
[TypeConverter(typeof(ReadableTypeConverter<ComputeDevice>))]
public sealed class ComputeDevice : IEquatable<ComputeDevice>, IReadable<ComputeDevice>
{
    private const string CudaPrefix = "cuda:";
    private const string GpuPrefix = "gpu:";

    private readonly string _name;

    private ComputeDevice(string name, int ordinal = -1)
    {
        _name = name;
        Ordinal = ordinal;
    }

    /// <summary>The first CUDA device where there is one, else the CPU.</summary>
    public static ComputeDevice Auto { get; } = new("auto");

    /// <summary>The embedded CPU engine; it emulates every format.</summary>
    public static ComputeDevice Cpu { get; } = new("cpu");

    /// <summary>Whether the choice is left to the library.</summary>
    internal bool IsAuto => _name == Auto._name;

    /// <summary>Whether this names a CUDA device.</summary>
    internal bool IsCuda => Ordinal >= 0;

    /// <summary>Which CUDA device, from 0; −1 for the others.</summary>
    internal int Ordinal { get; }

    /// <summary>A CUDA device.</summary>
    /// <param name="ordinal">Its number as the driver counts, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="ordinal"/> is negative.</exception>
    public static ComputeDevice Cuda(int ordinal)
    {
        if (ordinal < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(ordinal), string.Create(CultureInfo.InvariantCulture,
                $"There is no CUDA device {ordinal}: they are numbered from 0. Pass 0 for the first, or use ComputeDevice.Cpu."));
        }

        return new(string.Create(CultureInfo.InvariantCulture, $"{CudaPrefix}{ordinal}"), ordinal);
    }

    /// <summary>Reads <c>auto</c>, <c>cpu</c>, <c>cuda</c> (the first) or <c>cuda:N</c>, in any case; <c>gpu</c> and <c>gpu:N</c> mean the
    /// same CUDA devices.</summary>
    /// <param name="text">The name.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> is none of these.</exception>
    public static ComputeDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Trim().ToLowerInvariant();
        if (name == Auto._name)
        {
            return Auto;
        }

        if (name == Cpu._name)
        {
            return Cpu;
        }

        if (name is "cuda" or "gpu")
        {
            return Cuda(0);
        }

        string? prefix = name.StartsWith(CudaPrefix, StringComparison.Ordinal)
            ? CudaPrefix
            : name.StartsWith(GpuPrefix, StringComparison.Ordinal)
            ? GpuPrefix
            : null;
        if (prefix is not null
            && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal))
        {
            return Cuda(ordinal);
        }

        throw new ArgumentException($"'{text}' is no device: write 'auto', 'cpu', 'cuda' (or 'gpu') or 'cuda:N' with N from 0, for "
            + $"example 'cuda:0'.", nameof(text));
    }

    /// <summary>Whether both name the same device. <see cref="Auto"/> equals only itself, whatever it would choose.</summary>
    public static bool operator ==(ComputeDevice? left, ComputeDevice? right) => Equals(left, right);

    /// <summary>Whether they name different devices.</summary>
    public static bool operator !=(ComputeDevice? left, ComputeDevice? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(ComputeDevice? other) => _name == other?._name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ComputeDevice);

    /// <inheritdoc/>
    public override int GetHashCode() => _name.GetHashCode(StringComparison.Ordinal);

    /// <summary><c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</summary>
    public override string ToString() => _name;
}
