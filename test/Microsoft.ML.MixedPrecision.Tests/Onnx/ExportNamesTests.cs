using Microsoft.ML.MixedPrecision.Onnx.Pipeline;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Messages call the exports by names that the catalog has.</summary>
[TestClass]
public sealed class ExportNamesTests
{
    [TestMethod]
    [DataRow(ExportNames.Pipeline)]
    [DataRow(ExportNames.Network)]
    public void Names_OfAnExport_AreTheCatalogs(string name)
    {
        string[] parts = name.Split('.');

        Type? catalog = typeof(MixedPrecisionCatalog).GetProperty(parts[0])?.PropertyType;

        Assert.AreEqual(typeof(MixedPrecisionModelCatalog), catalog);
        Assert.IsTrue(catalog!.GetMethods().Any(method => method.Name == parts[1]), name);
    }
}
