using System.Runtime.InteropServices;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>What a card is. Immutable.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__DEVICE.html</remarks>
internal sealed unsafe record CudaProperties
{
    private const int NameBytes = 256;
    private const int UuidBytes = 16;

    /// <summary>Its number as the driver counts, from 0; <c>CUDA_VISIBLE_DEVICES</c> decides.</summary>
    public required int Ordinal { get; init; }

    /// <summary>Its name, for example <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its identity, as <c>nvidia-smi -L</c> shows it.</summary>
    public required string Uuid { get; init; }

    /// <summary>Compute capability before the point.</summary>
    public required int Major { get; init; }

    /// <summary>Compute capability behind the point.</summary>
    public required int Minor { get; init; }

    /// <summary>Bytes of memory.</summary>
    public required long Memory { get; init; }

    /// <summary>Multiprocessors.</summary>
    public required int Multiprocessors { get; init; }

    /// <summary>Bytes of the L2 cache.</summary>
    public required int L2Cache { get; init; }

    /// <summary>Bytes of shared memory that a block can have.</summary>
    public required int SharedMemory { get; init; }

    /// <summary>Compute capability times 10: 90 is 9.0.</summary>
    public int Capability => (Major * 10) + Minor;

    /// <summary>Reads them.</summary>
    /// <param name="ordinal">The card's number, from 0.</param>
    /// <exception cref="CudaException">There is no such card.</exception>
    public static CudaProperties Read(int ordinal)
    {
        ThrowIfFailed(cuDeviceGet(out int device, ordinal));
        ThrowIfFailed(cuDeviceTotalMem_v2(out nuint memory, device));
        return new()
        {
            Ordinal = ordinal,
            Name = ReadName(device),
            Uuid = ReadUuid(device),
            Major = Attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            Minor = Attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
            Memory = (long)memory,
            Multiprocessors = Attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
            L2Cache = Attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE),
            SharedMemory = Attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
        };
    }

    private static int Attribute(int device, CUdevice_attribute attribute)
    {
        ThrowIfFailed(cuDeviceGetAttribute(out int value, attribute, device));
        return value;
    }

    private static string ReadName(int device)
    {
        byte* name = stackalloc byte[NameBytes];
        ThrowIfFailed(cuDeviceGetName(name, NameBytes, device));
        return Marshal.PtrToStringUTF8((nint)name) ?? "";
    }

    private static string ReadUuid(int device)
    {
        byte* uuid = stackalloc byte[UuidBytes];
        ThrowIfFailed(cuDeviceGetUuid_v2(uuid, device));
        return $"GPU-{new Guid(new ReadOnlySpan<byte>(uuid, UuidBytes), bigEndian: true)}";
    }
}
