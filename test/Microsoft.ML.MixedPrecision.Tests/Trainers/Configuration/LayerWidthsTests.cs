using System.ComponentModel;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Configuration;

/// <summary>Widths of hidden layers as code, text and JSON give them.</summary>
[TestClass]
public sealed class LayerWidthsTests
{
    [TestMethod]
    public void Assignment_OfEveryUsualForm_KeepsTheWidths()
    {
        int[] array = [3, 4];
        List<int> list = [3, 4];
        IReadOnlyList<int> readOnly = array;
        MlpTrainerOptions[] all =
        [
            new MlpBinaryTrainer.Options { HiddenLayers = [3, 4] },
            new MlpBinaryTrainer.Options { HiddenLayers = array },
            new MlpBinaryTrainer.Options { HiddenLayers = list },
            new MlpBinaryTrainer.Options { HiddenLayers = [.. readOnly] },
            new MlpBinaryTrainer.Options { HiddenLayers = LayerWidths.Parse(" [3,4] ") },
        ];

        (array[0], list[0]) = (9, 9);

        foreach (MlpTrainerOptions options in all)
        {
            CollectionAssert.AreEqual(new[] { 3, 4 }, options.HiddenLayers.ToArray());
            Assert.AreEqual((2, 4, "3, 4"), (options.HiddenLayers.Count, options.HiddenLayers[1], options.HiddenLayers.ToString()));
        }
    }

    [TestMethod]
    public void Conversion_OfNull_IsNull()
    {
        LayerWidths? array = (int[]?)null, list = (List<int>?)null;

        Assert.IsNull(array);
        Assert.IsNull(list);
    }

    [TestMethod]
    public void Add_ToWidthsGivenWhole_BeginsAnew()
    {
        ICollection<int> widths = LayerWidths.Parse("256, 128");

        widths.Add(8);
        widths.Add(8);
        widths.Add(4);

        CollectionAssert.AreEqual(new[] { 8, 8, 4 }, widths.ToArray());
        Assert.IsTrue(widths.Contains(4) && widths.Remove(4) && !widths.Contains(4) && !widths.IsReadOnly);
        widths.Clear();
        Assert.IsEmpty(widths);
    }

    [TestMethod]
    [DataRow("[5,6]", "5, 6", null)]
    [DataRow("[]", "", null)]
    [DataRow("\"5, 6\"", null, "not String")]
    [DataRow("[5,\"6\"]", null, "position 1")]
    [DataRow("[5.5]", null, "position 0")]
    [DataRow("[3000000000]", null, "position 0")]
    public void Json_OfWidths_IsAnArrayOfWholeNumbers(string json, string? expected, string? error)
    {
        if (error is null)
        {
            LayerWidths widths = JsonSerializer.Deserialize<LayerWidths>(json)!;
            Assert.AreEqual(expected, widths.ToString());
            Assert.AreEqual(json, JsonSerializer.Serialize(widths));
            return;
        }

        StringAssert.Contains(Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<LayerWidths>(json)).Message, error);
    }

    [TestMethod]
    [DataRow("5,,6", "''")]
    [DataRow("-5", "'-5'")]
    [DataRow("[5", "'[5'")]
    [DataRow("99999999999", "'99999999999'")]
    [DataRow("1e3", "'1e3'")]
    public void Parse_OfNoWidths_SaysWhichPart(string text, string part)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => LayerWidths.Parse(text));

        StringAssert.Contains(error.Message, part);
        StringAssert.Contains(error.Message, "for example '256, 128'");
    }

    [TestMethod]
    public void PublicEnums_EachOne_RefusesSeveralNames()
    {
        foreach (
            Type type in typeof(MlpTrainerOptions).Assembly.GetExportedTypes().Where(type => type.IsEnum && type != typeof(DeviceKind)))
        {
            TypeConverter converter = TypeDescriptor.GetConverter(type);
            string[] names = Enum.GetNames(type);

            Assert.AreEqual(Enum.Parse(type, names[^1]), converter.ConvertFromInvariantString(names[^1].ToLowerInvariant()), type.Name);
            var error = Assert.ThrowsExactly<ArgumentException>(
                () => converter.ConvertFromInvariantString($"{names[0]},{names[^1]}"),
                type.Name);
            StringAssert.Contains(error.Message, string.Join(", ", names));
            Assert.AreEqual(names[^1], converter.ConvertToInvariantString(Enum.Parse(type, names[^1])));
        }
    }
}
