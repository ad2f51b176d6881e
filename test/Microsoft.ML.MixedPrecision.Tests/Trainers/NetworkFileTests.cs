using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>The network in a saved model: what is written, and that nothing hostile gets through, even with a checksum that
/// agrees.</summary>
[TestClass]
public sealed class NetworkFileTests
{
    private const string Spec =
        """{"version":4,"inputs":[{"input":"numbers","name":"features","columns":2,"rows":1}],"layers":["""
        + """{"layer":"linear","name":"hidden.0","outputs":3},"""
        + """{"layer":"activation","name":"hidden.0.activation","function":"Relu"},"""
        + """{"layer":"linear","name":"output","outputs":2}]}""";

    /// <summary>The same network in files before version 4.</summary>
    private const string Definition = """{"Inputs":2,"HiddenLayers":[3],"Activation":"Relu","Outputs":2}""";
    private const string Header =
        """{"hidden.0.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}"""
        + ""","hidden.0.bias":{"dtype":"F32","shape":[1,3],"data_offsets":[24,36]}"""
        + ""","output.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[36,60]}"""
        + ""","output.bias":{"dtype":"F32","shape":[1,2],"data_offsets":[60,68]}}""";

    public static IEnumerable<object[]> Hostile =>
    [
        ["spec is no JSON", File(Spec[1..], Header)],
        ["spec of another network", File(Changed("\"outputs\":3", "\"outputs\":4"), Header)],
        ["spec with an unknown layer", File(Changed("activation\",\"name\"", "softmax\",\"name\""), Header)],
        ["spec with more weights than bytes", File(Changed("\"outputs\":3", "\"outputs\":1000000"), Header)],
        ["spec with more weights than an array", File(Changed("\"outputs\":3", "\"outputs\":2147483647"), Header)],
        ["spec with a scaling that is not there", File(Changed("\"rows\":1", "\"rows\":1,\"scaling\":\"Standard\""), Header)],
        ["spec with indicators that are not asked for", File(Changed("\"rows\":1", "\"rows\":1,\"indicated\":[0]"), Header)],
        [
            "spec with gaps but without medians",
            File(Fifth(Changed("\"rows\":1", "\"rows\":1,\"missing\":\"ImputeAndIndicate\"")), Header)],
        [
            "spec with an indicator of no column",
            File(Fifth(Changed("\"rows\":1", "\"rows\":1,\"missing\":\"ImputeAndIndicate\",\"indicated\":[2]")), Header)],
        ["spec of version 4 with what came later", File(Changed("\"rows\":1", "\"rows\":1,\"scaling\":\"Robust\""), Header)],
        ["spec of a version to come", File(Changed("\"version\":4", "\"version\":7"), Header)],
        ["spec nested deeply", File(Changed("\"layers\":[", "\"layers\":[" + Nested(10000)), Header)],
        ["definition is no JSON", File(Definition[1..], Header)],
        ["definition is null", File("null", Header)],
        ["definition lacks a size", File("""{"Inputs":2,"HiddenLayers":[3],"Activation":"Relu"}""", Header)],
        ["hidden layers are null", File("""{"Inputs":2,"HiddenLayers":null,"Activation":"Relu","Outputs":2}""", Header)],
        ["activation is a number", File(Definition.Replace("\"Relu\"", "1", StringComparison.Ordinal), Header)],
        ["normalization is unknown", File(Definition[..^1] + ",\"Normalization\":\"GroupNorm\"}", Header)],
        ["normalization is a number", File(Definition[..^1] + ",\"Normalization\":1}", Header)],
        ["normalization without its parameters", File(Definition[..^1] + ",\"Normalization\":\"LayerNorm\"}", Header)],
        ["normalization without its statistics", File(Definition[..^1] + ",\"Normalization\":\"BatchNorm\"}", Header)],
        ["no inputs", File(Definition.Replace("\"Inputs\":2", "\"Inputs\":0", StringComparison.Ordinal), Header)],
        ["more weights than bytes", File(Definition.Replace("[3]", "[30000,30000]", StringComparison.Ordinal), Header)],
        [
            "more layers than bytes",
            File(Definition.Replace("[3]", $"[{string.Join(',', Enumerable.Repeat(1000000, 1000))}]", StringComparison.Ordinal), Header)],
        ["definition longer than the file", File(Definition, Header, definitionLength: int.MaxValue)],
        ["definition of negative length", File(Definition, Header, definitionLength: -1)],
        ["header longer than the file", File(Definition, Header, headerLength: ulong.MaxValue)],
        ["header is no JSON", File(Definition, Header[..^1])],
        ["header is an array", File(Definition, "[]")],
        ["header is nested deeply", File(Definition, new string('[', 10000))],
        ["parameter is missing", File(Definition, Header.Replace("output.bias", "output.other", StringComparison.Ordinal))],
        [
            "parameter is too much",
            File(Definition, Header[..^1] + ",\"more\":{\"dtype\":\"F32\",\"shape\":[0,0],\"data_offsets\":[68,68]}}")],
        [
            "parameter comes twice",
            File(Definition, Header[..^1] + ",\"output.bias\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[60,68]}}")],
        ["other type", File(Definition, Header.Replace("F32", "F16", StringComparison.Ordinal))],
        ["other shape", File(Definition, Header.Replace("[3,2]", "[2,3]", StringComparison.Ordinal))],
        ["shape of text", File(Definition, Header.Replace("[3,2]", "[\"3\",2]", StringComparison.Ordinal))],
        ["shape beyond Int64", File(Definition, Header.Replace("[3,2]", "[3e99,2]", StringComparison.Ordinal))],
        ["tensors overlap", File(Definition, Header.Replace("[24,36]", "[20,32]", StringComparison.Ordinal))],
        ["summary is no JSON", File(Definition, WithSummary("nothing"))],
        ["summary is null", File(Definition, WithSummary("null"))],
        ["summary lacks its ranges", File(Definition, WithSummary("{\\\"Policy\\\":\\\"float32\\\",\\\"LossScale\\\":null}"))],
        ["summary has a range that is null", File(Definition, WithSummary(SummaryText("float32", "null")))],
        ["summary has a range without name", File(Definition, WithSummary(SummaryText("float32", """{"Name":null}""")))],
        [
            "summary has a policy that is none",
            File(Definition, WithSummary(SummaryText("float8; and a text that an export would copy", "")))],
        [
            "summary has a policy of any length",
            File(Definition, WithSummary(SummaryText("float32" + string.Concat(Enumerable.Repeat("; Activation=Float32", 5000)), "")))],
        ["metadata is a number", File(Definition, Header[..^1] + ",\"__metadata__\":{\"mixedprecision.training\":1}}")],
        ["values are missing", File(Definition, Header, values: 16)],
        ["values are too many", File(Definition, Header, values: 18)],
    ];

    /// <summary>What a model may keep of its training.</summary>
    private static TrainingSummary Summary => new(
        "mixed_float16",
        new LossScaleSummary(Attempts: 12, Steps: 10, Skipped: 2, Growths: 1, Final: 2048),
        [
            new ValueRange
            {
                Name = "hidden.0",
                Format = NumericFormat.BFloat16,
                Largest = float.PositiveInfinity,
                BelowNormal = 0.25,
                Zeros = 0.125,
            },
        ]);

    [TestMethod]
    [DataRow(Spec)]
    [DataRow(Definition)]
    public void Read_OfWhatIsDocumented_GivesTheNetwork(string text)
    {
        Network network = Read(File(text, Header));

        Assert.AreEqual("2 numbers, Linear 3, Relu, Linear 2", network.Spec.ToString());
        CollectionAssert.AreEqual(
            new[] { "hidden.0.weight", "hidden.0.bias", "output.weight", "output.bias" },
            network.Parameters.Select(parameter => parameter.Name).ToArray());
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 17).Select(i => i + 0.5f).ToArray(),
            network.Parameters.SelectMany(parameter => parameter.Values).ToArray());
    }

    [TestMethod]
    public void Write_OfAPerceptron_WritesItsLayers()
    {
        using var stream = new MemoryStream();
        TrainedNetworkFile.Write(stream, new Network(new Perceptron(2, [3], ActivationKind.Relu, 2).ToSpec()), summary: null);

        byte[] file = stream.ToArray();
        Assert.AreEqual(Spec, Encoding.UTF8.GetString(file, 12, BitConverter.ToInt32(file, 8)));
    }

    /// <summary>With every kind of layer there is, and from a file of before.</summary>
    [TestMethod]
    public void Write_OfWhatWasRead_GivesTheSameBytes()
    {
        var network = new Network(
            new Perceptron(
                5,
                [7, 7],
                ActivationKind.GeluErf,
                4,
                NormalizationKind.BatchNorm,
                Residual: true,
                0.1f,
                FeatureScaling.Standard).ToSpec());
        network.Initialize(3);
        byte[] first = Write(network);
        var prepared = new Network(new Perceptron(5, [], ActivationKind.None, 4, Scaling: FeatureScaling.Robust)
        {
            Missing = MissingValues.ImputeAndIndicate,
            Indicated = [0, 4],
        }.ToSpec());
        prepared.Preparation!.Gaps!.Fill.Values[4] = 2.5f;
        byte[] fifth = Write(prepared);
        byte[] ofBefore = Write(Read(File(Definition, Header)));

        CollectionAssert.AreEqual(first, Write(Read(first)));
        CollectionAssert.AreEqual(fifth, Write(Read(fifth)));
        Assert.AreEqual(2.5f, Read(fifth).Preparation!.Gaps!.Fill.Values[4]);
        CollectionAssert.AreEqual(ofBefore, Write(Read(ofBefore)));
    }

    [TestMethod]
    [DataRow(NormalizationKind.None)]
    [DataRow(NormalizationKind.LayerNorm)]
    [DataRow(NormalizationKind.BatchNorm)]
    public void Write_ThenRead_GivesTheSameBitsAndEndsWhereItBegan(NormalizationKind normalization)
    {
        var network = new Network(new Perceptron(5, [7, 3], ActivationKind.GeluErf, 4, normalization).ToSpec());
        network.Initialize(3);
        network.Parameters[0].Values[0] = float.NaN;
        network.Parameters[0].Values[1] = -0f;
        network.Stored[^1].Values[0] = 0.25f;
        using var stream = new MemoryStream();
        stream.Write("before"u8);
        TrainedNetworkFile.Write(stream, network, Summary);
        stream.Write("behind"u8);
        stream.Position = 6;

        (Network read, TrainingSummary? summary) = TrainedNetworkFile.Read(stream);

        Assert.AreEqual(stream.Length - 6, stream.Position);
        Assert.AreEqual(network.Spec.ToString(), read.Spec.ToString());
        CollectionAssert.AreEqual(Bits(network), Bits(read));
        Assert.AreEqual(Summary with { Ranges = summary!.Ranges }, summary);
        Assert.AreEqual(
            ("hidden.0", NumericFormat.BFloat16, float.PositiveInfinity, 0.25, 0.125),
            summary.Ranges.Select(range => (range.Name, range.Format, range.Largest, range.BelowNormal, range.Zeros)).Single());
    }

    [TestMethod]
    public void Read_OfASummaryByHand_GivesIt()
    {
        string text = SummaryText("mixed_float16; layer head.*=Float32", """{"Name":"output"}""");
        using var stream = new MemoryStream(File(Definition, WithSummary(text)));

        TrainingSummary summary = TrainedNetworkFile.Read(stream).Summary!;

        Assert.AreEqual(
            ("mixed_float16; layer head.*=Float32", 1, "output"),
            (summary.Policy, summary.LossScale.Steps, summary.Ranges.Single().Name));
    }

    [TestMethod]
    [DynamicData(nameof(Hostile))]
    public void Read_OfHostileFile_SaysDamaged(string what, byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(file), what);

        StringAssert.Contains(error.Message, "is damaged and cannot be loaded", what);
        Assert.IsLessThan(4 << 20, GC.GetAllocatedBytesForCurrentThread() - before, $"{what}: nothing larger than the file may be "
            + $"allocated");
    }

    [TestMethod]
    public void Read_OfAnyPrefix_SaysDamaged()
    {
        byte[] file = File(Spec, Header);
        for (int length = 0; length < file.Length; length++)
        {
            Assert.ThrowsExactly<InvalidDataException>(() => Read(file[..length]), $"{length} bytes");
        }
    }

    [TestMethod]
    public void Read_OfAnyAlteredByte_SaysDamaged()
    {
        byte[] file = File(Spec, Header);
        for (int i = 0; i < file.Length; i++)
        {
            byte[] altered = [.. file];
            altered[i] ^= 0x80;
            Assert.ThrowsExactly<InvalidDataException>(() => Read(altered), $"byte {i}");
        }
    }

    private static string Fifth(string spec) => spec.Replace("\"version\":4", "\"version\":5", StringComparison.Ordinal);

    private static string Changed(string from, string to) => Spec.Replace(from, to, StringComparison.Ordinal);

    private static string Nested(int depth)
        => string.Concat(Enumerable.Range(0, depth).Select(i => $"{{\"layer\":\"residual\",\"name\":\"r{i}\",\"layers\":["));

    private static byte[] Write(Network network)
    {
        using var stream = new MemoryStream();
        TrainedNetworkFile.Write(stream, network, summary: null);
        return stream.ToArray();
    }

    private static Network Read(byte[] file) => TrainedNetworkFile.Read(new MemoryStream(file)).Network;

    /// <summary>A summary, right but for what is given, with its quotes escaped.</summary>
    private static string SummaryText(string policy, string range)
        => ("{\"Policy\":\"" + policy
            + "\",\"LossScale\":{\"Attempts\":1,\"Steps\":1,\"Skipped\":0,\"Growths\":0,\"Final\":1},\"Ranges\":[" + range
            + "]}").Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string WithSummary(string text) => Header[..^1] + $",\"__metadata__\":{{\"mixedprecision.training\":\"{text}\"}}}}";

    private static uint[] Bits(Network network)
        => [.. network.Stored.SelectMany(matrix => matrix.Values).Select(BitConverter.SingleToUInt32Bits)];

    /// <summary>A file as the format's documentation says, with a checksum that agrees whatever is inside.</summary>
    private static byte[] File(string definition, string header, int values = 17, int? definitionLength = null, ulong? headerLength = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(definition);
        byte[] names = Encoding.UTF8.GetBytes(header);
        byte[] contents =
        [
            .. BitConverter.GetBytes(definitionLength ?? text.Length),
            .. text,
            .. BitConverter.GetBytes(headerLength ?? (ulong)names.Length),
            .. names,
            .. Enumerable.Range(0, values).SelectMany(i => BitConverter.GetBytes(i + 0.5f)),
        ];
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, contents.Length);
        return [.. length, .. contents, .. SHA256.HashData(contents)];
    }
}
