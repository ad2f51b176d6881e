namespace Microsoft.ML.MixedPrecision;

/// <summary>What kind of device computes.</summary>
public enum DeviceKind
{
    /// <summary>The embedded CPU engine.</summary>
    Cpu = 0,

    /// <summary>An NVIDIA GPU.</summary>
    Cuda = 1,
}
