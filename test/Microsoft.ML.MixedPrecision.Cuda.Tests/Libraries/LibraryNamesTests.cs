using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Libraries;

/// <summary>Names of files and imports.</summary>
[TestClass]
internal sealed class LibraryNamesTests
{
    [TestMethod]
    [DataRow(NativeLibraryKind.Driver, 0, false, "libcuda.so.1")]
    [DataRow(NativeLibraryKind.Driver, 0, true, "nvcuda.dll")]
    [DataRow(NativeLibraryKind.Nvrtc, 13, false, "libnvrtc.so.13")]
    [DataRow(NativeLibraryKind.Nvrtc, 13, true, "nvrtc64_130_0.dll")]
    [DataRow(NativeLibraryKind.Nvrtc, 12, true, "nvrtc64_120_0.dll")]
    [DataRow(NativeLibraryKind.CublasLt, 12, false, "libcublasLt.so.12")]
    [DataRow(NativeLibraryKind.CublasLt, 13, true, "cublasLt64_13.dll")]
    public void File_EachSystem_IsNvidias(NativeLibraryKind library, int major, bool isWindows, string expected)
        => Assert.AreEqual(expected, LibraryNames.File(library, major, isWindows));

    [TestMethod]
    public void Parse_NameThatIsNotOurs_IsLeftToTheRuntime()
    {
        Assert.AreEqual(NativeLibraryKind.CublasLt, LibraryNames.Parse(LibraryNames.CublasLt));
        Assert.IsNull(LibraryNames.Parse("libc"));
    }

    [TestMethod]
    public void Names_UnknownLibrary_Throw()
    {
        var library = (NativeLibraryKind)77;
        Func<object>[] questions =
        [
            ()
                => LibraryNames.Title(library),
                () => LibraryNames.File(library, 13, isWindows: true),
                () => LibraryNames.File(library, 13, isWindows: false),
            () => LibraryPlaces.Of(library, 13, new FakeMachine().Environment), () => LibraryPlaces.Of(
                library,
                13,
                new FakeMachine { IsWindows = true }.Environment),
        ];
        foreach (Func<object> question in questions)
        {
            ArgumentOutOfRangeException error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => question());
            StringAssert.Contains(
                error.Message,
                "77 is no library that is known here; use Driver, Nvrtc, CublasLt",
                StringComparison.Ordinal);
        }
    }
}
