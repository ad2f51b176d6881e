using CustomerChurn;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Invented data is what the program beside it makes: nobody has changed a row by hand.</summary>
[TestClass]
public sealed class SampleDataTests
{
    [TestMethod]
    public void Customers_AreThoseOfTheProgram()
    {
        using var made = new StringWriter();
        CustomerFile.Write(made, rows: 4000, seed: 1);

        Assert.AreEqual(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "samples", "data", "customers.csv")), made.ToString());
    }
}
