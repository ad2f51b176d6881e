using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>A device with so many free bytes, on which nothing may be allocated.</summary>
internal sealed class SmallDevice(long freeBytes) : Device
{
    public const string Name = "Small device";

    public override string Description => Name;

    public override long ScratchBytes => 0;

    public override long FreeBytes => freeBytes;

    public override DeviceMemory Allocate(long bytes) => throw new AssertFailedException($"{bytes} bytes were asked for.");

    public override void Synchronize() => throw new AssertFailedException("There is no work.");

    public override void Dispose()
    {
    }

    protected override void WriteBytes(nint address, ReadOnlySpan<byte> bytes) => throw new AssertFailedException("There is no memory.");

    protected override void ReadBytes(nint address, Span<byte> bytes) => throw new AssertFailedException("There is no memory.");
}
