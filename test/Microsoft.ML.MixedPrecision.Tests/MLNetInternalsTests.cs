using System.Reflection;

namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>The library uses internals of ML.NET, opened at build time: those present at run time must be the right ones.</summary>
[TestClass]
public sealed class MLNetInternalsTests
{
    [TestMethod]
    public void Version_OfReferencedMLNet_IsInSupportedRange()
    {
        var informational = typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var version = Version.Parse(informational.Split('-', '+')[0]);

        Assert.IsTrue(version >= new Version(5, 0, 1) && version < new Version(7, 0, 0), $"Microsoft.ML is {informational}.");
    }

    [TestMethod]
    public void HiddenConstructor_OfOpenedAssembly_IsCalledInTheUntouchedPackage()
    {
        var constructor = typeof(TrainerInfo).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic).Single();

        var info = new TrainerInfo(normalization: true, caching: false);

        Assert.IsTrue(constructor.IsAssembly, "The opened copy of Microsoft.ML.Core was loaded; it is for the compiler only.");
        Assert.IsTrue(info.NeedNormalization);
        Assert.IsFalse(info.WantCaching);
    }
}
