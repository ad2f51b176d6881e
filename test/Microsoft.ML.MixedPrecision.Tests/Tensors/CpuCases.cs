using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>What tests of CPU kernels run over.</summary>
internal static class CpuCases
{
    /// <summary>Sizes around every vector width, primes, and 1.</summary>
    public static readonly int[] Sizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 61, 127];

    public static readonly NumericFormat[] StorageFormats = [NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16];

    public static readonly NumericFormat[] Formats = Enum.GetValues<NumericFormat>();

    /// <summary>Every width, narrowest first.</summary>
    public static readonly SimdPath[] AllPaths = Enum.GetValues<SimdPath>();

    public static IEnumerable<object[]> Paths => CpuCases.AllPaths.Select(path => new object[] { path });

    public static IEnumerable<object[]> PathsAndFormats
        => from path in CpuCases.AllPaths from format in Formats select new object[] { path, format };

    public static IEnumerable<object[]> PathsAndStorageFormats
        => from path in CpuCases.AllPaths from format in StorageFormats select new object[] { path, format };
}
