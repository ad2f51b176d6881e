namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>NVIDIA's libraries that are used.</summary>
internal enum NativeLibraryKind
{
    /// <summary>The driver's own interface; comes with the driver, of any version.</summary>
    Driver,

    /// <summary>The run-time compiler of CUDA C++; of one major version with <see cref="CublasLt"/>.</summary>
    Nvrtc,

    /// <summary>Matrix products; of one major version with <see cref="Nvrtc"/>.</summary>
    CublasLt,
}
