using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Machine code on disk, and what names it; no card needed.</summary>
[TestClass]
internal sealed class KernelCacheTests
{
    private static readonly byte[] Code = [1, 2, 3, 4, 5];

    [TestMethod]
    public void GetOrAdd_SecondTime_IsReadFromDisk()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("cache");
        CollectionAssert.AreEqual(Code, new KernelCache(path).GetOrAdd("a-1", () => Code));
        CollectionAssert.AreEqual(Code, new KernelCache(path).GetOrAdd("a-1", () => throw new InvalidOperationException("made again")));
        Assert.HasCount(1, Directory.GetFiles(path), "nothing is left beside the entry");
        CollectionAssert.AreEqual(new byte[] { 9 }, new KernelCache(path).GetOrAdd("a-2", () => [9]), "another key");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(20)]
    [DataRow(32)]
    [DataRow(36)]
    public void GetOrAdd_TruncatedEntry_IsMadeAnew(int length)
    {
        using var folder = new TemporaryFolder();
        string entry = Entry(folder);
        File.WriteAllBytes(entry, File.ReadAllBytes(entry)[..length]);
        AssertMadeAnew(folder, entry);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(34)]
    public void GetOrAdd_ChangedByte_IsMadeAnew(int position)
    {
        using var folder = new TemporaryFolder();
        string entry = Entry(folder);
        byte[] bytes = File.ReadAllBytes(entry);
        bytes[position] ^= 1;
        File.WriteAllBytes(entry, bytes);
        AssertMadeAnew(folder, entry);
    }

    [TestMethod]
    public void GetOrAdd_FolderThatCannotBe_IsMadeEachTime()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        var cache = new KernelCache(Path.Combine(folder.File("file"), "cache"));
        CollectionAssert.AreEqual(Code, cache.GetOrAdd("a", () => Code));
        CollectionAssert.AreEqual(new byte[] { 7 }, cache.GetOrAdd("a", () => [7]));
        CollectionAssert.AreEqual(new byte[] { 8 }, new KernelCache(null).GetOrAdd("a", () => [8]));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void OfUser_CacheHomeSet_LiesThere()
    {
        using var folder = new TemporaryFolder();
        string? before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        try
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder.File("home"));
            KernelCache.OfUser().GetOrAdd("a", () => Code);
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
        }
        Assert.IsTrue(File.Exists(Path.Combine(folder.File("home"), "Microsoft.ML.MixedPrecision", "kernels", "a.bin")));
    }

    [TestMethod]
    public void Key_OtherSourceFormatArchitectureOrCompiler_IsAnother()
    {
        KernelSource cast = KernelSource.Load("cast.cu"), softmax = KernelSource.Load("softmax.cu");
        var variant = new KernelVariant("cast.cu", "cast", NumericFormat.Float16);
        string[] keys =
        [
            KernelCompiler.Key(cast, KernelCompiler.Options(cast, variant, 90), new Version(13, 0)),
            KernelCompiler.Key(cast, KernelCompiler.Options(cast, variant, 90), new Version(13, 1)),
            KernelCompiler.Key(cast, KernelCompiler.Options(cast, variant, 80), new Version(13, 0)),
            KernelCompiler.Key(cast, KernelCompiler.Options(cast, variant with { First = NumericFormat.BFloat16 }, 90), new Version(13, 0)),
            KernelCompiler.Key(softmax, KernelCompiler.Options(cast, variant, 90), new Version(13, 0)),
        ];
        Assert.HasCount(keys.Length, keys.Distinct());
        Assert.AreEqual(
            keys[0],
            KernelCompiler.Key(KernelSource.Load("cast.cu"), KernelCompiler.Options(cast, variant, 90), new Version(13, 0)));
        StringAssert.StartsWith(keys[0], "cast-");
    }

    [TestMethod]
    public void Sources_All_HaveTheirHeadersAndSayWhatTheyDo()
    {
        Assert.IsGreaterThan(10, EmbeddedKernels.Names.Count);
        foreach (string name in EmbeddedKernels.Names)
        {
            KernelSource source = KernelSource.Load(name);
            Assert.IsTrue(source.Headers.ContainsKey("common.cuh"), name);
            StringAssert.StartsWith(source.Text, "// ", name);
            StringAssert.Contains(source.Text, "Source: ", name);
        }
    }

    [TestMethod]
    public void Options_FormatsAndNumber_FillTheSourcesMacrosInOrder()
    {
        KernelSource source = KernelSource.Load("activation_backward.cu");
        var variant = new KernelVariant(
            source.Name,
            "activation_backward",
            NumericFormat.Float16,
            NumericFormat.BFloat16,
            NumericFormat.Float32,
            3);
        CollectionAssert.AreEqual(
            new[]
            {
                "--gpu-architecture=sm_75",
                "--std=c++17",
                "--fmad=false",
                "-DT_DY=float16",
                "-DT_SAVED=bfloat16",
                "-DT_DX=float",
                "-DACTIVATION=3",
            },
            KernelCompiler.Options(source, variant, 75).ToArray());
    }

    [TestMethod]
    public void Options_Numbers_FillTheSourcesMacrosInOrder()
    {
        KernelSource source = KernelSource.Load("layer_norm_forward.cu");
        var variant = new KernelVariant(
            source.Name,
            "layer_norm_forward",
            NumericFormat.Float16,
            NumericFormat.BFloat16,
            Number: 3,
            SecondNumber: 16);
        CollectionAssert.AreEqual(
            new[] { "-DT_X=float16", "-DT_Y=bfloat16", "-DACTIVATION=3", "-DITEMS=16" }, variant.Definitions(source.Macros).ToArray());
        CollectionAssert.AreEqual(
            new[] { "-DA=3", "-DB=16", "-DC=7" },
            (variant with { ThirdNumber = 7 }).Definitions(["A", "B", "C"]).ToArray());
        Assert.ThrowsExactly<NotSupportedException>(() => variant.Definitions(["A", "B", "C", "D"]));
    }

    [TestMethod]
    public void Load_NoSuchSource_SaysWhatIsEmbedded()
        => StringAssert.Contains(
            Assert.ThrowsExactly<FileNotFoundException>(() => KernelSource.Load("none.cu")).Message,
            "'none.cu' is not embedded");

    private static string Entry(TemporaryFolder folder)
    {
        new KernelCache(folder.File("cache")).GetOrAdd("a", () => Code);
        return Directory.GetFiles(folder.File("cache")).Single();
    }

    private static void AssertMadeAnew(TemporaryFolder folder, string entry)
    {
        bool made = false;
        CollectionAssert.AreEqual(Code, new KernelCache(folder.File("cache")).GetOrAdd("a", () =>
        {
            made = true;
            return Code;
        }));
        Assert.IsTrue(made);
        Assert.HasCount(37, File.ReadAllBytes(entry), "the entry is whole again");
    }
}
