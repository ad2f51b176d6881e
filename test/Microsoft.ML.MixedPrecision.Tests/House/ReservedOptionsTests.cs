using System.Reflection;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Names of options that are to come, or are there, are kept for their meaning: <see cref="NetworkTrainerOptions"/> lists
/// them.</summary>
[TestClass]
public sealed class ReservedOptionsTests
{
    /// <summary>The name, the option beside which it stands, and its type.</summary>
    private static readonly (string Name, string Beside, Type Type)[] Reserved =
    [
        ("Devices", nameof(NetworkTrainerOptions.Device), typeof(IReadOnlyList<ComputeDevice>)),
        ("Checkpoint", nameof(NetworkTrainerOptions.Epochs), typeof(CheckpointOptions)),
        ("FeatureColumnNames", nameof(TableTrainerOptions.FeatureColumnName), typeof(IReadOnlyList<string>)),
        ("AutoBatchSize", nameof(NetworkTrainerOptions.BatchSize), typeof(bool)),
    ];

    private static Type[] Options =>
    [
        .. typeof(NetworkTrainerOptions).Assembly.GetExportedTypes().Where(type => typeof(NetworkTrainerOptions).IsAssignableFrom(type)),
        typeof(IMulticlassOptions),
        typeof(IBinaryOptions),
        typeof(IRegressionOptions),
    ];

    [TestMethod]
    public void ReservedName_OfAnOption_HasItsMeaning()
    {
        Assert.IsGreaterThan(7, Options.Length, "classes of options were found");
        string[] faults = [.. Options.SelectMany(Faults).Distinct()];
        Assert.IsEmpty(faults, string.Join(Environment.NewLine, faults));
    }

    [TestMethod]
    public void ReservedName_TakenForSomethingElse_IsFound()
    {
        CollectionAssert.AreEqual(
            new[] { "Wrong.Devices is a Int32; the name is kept for a IReadOnlyList`1 beside Device" },
            Faults(typeof(Wrong)).ToArray());
        CollectionAssert.AreEqual(
            new[] { "Elsewhere.AutoBatchSize must stand beside BatchSize, which Elsewhere does not declare" },
            Faults(typeof(Elsewhere)).ToArray());
    }

    /// <summary>Those who add options read of them.</summary>
    [TestMethod]
    public void ReservedNames_OfTheTable_AreInTheRemarksOfTheOptions()
    {
        string text = File.ReadAllText(
            Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.MixedPrecision", "Trainers", "NetworkTrainerOptions.cs"));
        foreach ((string name, _, _) in Reserved)
        {
            Assert.IsTrue(
                text.Contains($"<c>{name}</c>", StringComparison.Ordinal) || text.Contains($"cref=\"{name}\"", StringComparison.Ordinal),
                name);
        }
    }

    private static IEnumerable<string> Faults(Type options)
    {
        foreach (PropertyInfo property in options.GetProperties())
        {
            foreach ((string name, string beside, Type type) in Reserved)
            {
                if (!string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                Type home = property.DeclaringType!;
                if ((property.Name, property.PropertyType) != (name, type))
                {
                    yield return $"{home.Name}.{property.Name} is a {property.PropertyType.Name}; the name is kept for a {type.Name} "
                        + $"beside {beside}";
                }
                else if (home.GetProperty(beside, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly) is null)
                {
                    yield return $"{home.Name}.{property.Name} must stand beside {beside}, which {home.Name} does not declare";
                }
            }
        }
    }

    private abstract class Wrong : FunnelOptions
    {
        public int Devices { get; set; }
    }

    private abstract class Elsewhere : FunnelOptions
    {
        public bool AutoBatchSize { get; set; }
    }
}
