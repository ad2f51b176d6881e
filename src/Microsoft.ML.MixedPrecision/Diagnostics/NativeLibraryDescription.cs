namespace Microsoft.ML.MixedPrecision;

/// <summary>One of NVIDIA's libraries that was found. Immutable.</summary>
public sealed class NativeLibraryDescription
{
    internal NativeLibraryDescription()
    {
    }

    /// <summary>Its name: <c>CUDA driver</c>, <c>NVRTC</c> or <c>cuBLASLt</c>.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>Its version; of the driver, the newest CUDA that it supports.</summary>
    public Version Version { get; internal init; } = new();

    /// <summary>The file that was loaded.</summary>
    public string Path { get; internal init; } = "";

    /// <summary>One line with all of it.</summary>
    public override string ToString() => $"{Name} {Version} ({Path})";
}
