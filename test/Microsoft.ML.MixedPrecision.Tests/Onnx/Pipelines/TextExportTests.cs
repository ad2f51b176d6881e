using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>Texts that the model has not seen, a thousand, one by one and 64 at a time: a row's features do not depend on the others of its
/// batch.</summary>
[TestClass]
public sealed class TextExportTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> CasesAndBatches
        => from each in TextCases.All
           from rows in new[] { 1, 64 }
           from set in Enum.GetValues<OnnxOperatorSet>()
           select new object[] { each, rows, set };

    [TestMethod]
    [DynamicData(nameof(CasesAndBatches))]
    internal void Export_OfTexts_ComputesAsTransformDoesInBatches(PipelineCase pipeline, int rows, OnnxOperatorSet set)
    {
        MessyRow[] unseen = MessyRow.Unseen(1002);
        (unseen[^2].Sentence, unseen[^1].Sentence) = ("", "   ");
        IDataView train = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(400)), data = Ml.Data.LoadFromEnumerable(unseen);
        ITransformer model = pipeline.Steps(Ml.Transforms).Fit(train);
        using var stream = new MemoryStream();
        OnnxExporter.Export(Ml, model, train.Schema, stream, new OnnxExportOptions { OutputColumns = pipeline.Columns, OperatorSet = set });
        stream.Position = 0;
        Ml.MixedPrecision().Model.CheckOnnx(stream);

        using var session = new InferenceSession(stream.ToArray());
        string[] inputs = [.. session.InputNames], outputs = [.. session.OutputNames];
        Array[] given = Array.ConvertAll(inputs, name => ColumnValues.Of(data, name));
        IDataView transformed = model.Transform(data);
        Array[] expected = Array.ConvertAll(
            outputs,
            name => ColumnValues.Of(transformed, name.Replace(".output", "", StringComparison.Ordinal)));
        using var run = new RunOptions();
        for (int first = 0; first < unseen.Length; first += rows)
        {
            int count = Math.Min(rows, unseen.Length - first);
            OrtValue[] values = Array.ConvertAll(given, all => ColumnValues.Tensor(Part(all, unseen.Length, first, count), count));
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, inputs, values, outputs);
            for (int i = 0; i < outputs.Length; i++)
            {
                ColumnValues.AssertEqual(
                    Part(expected[i], unseen.Length, first, count),
                    ColumnValues.Of(results[i]),
                    pipeline.Tolerance,
                    $"{outputs[i]} of rows {first} and on");
            }

            Array.ForEach(values, value => value.Dispose());
        }
    }

    public static IEnumerable<object[]> Refused =>
    [
        [
            "TextNormalizingTransformer",
            "changes texts (CaseMode Lower",
            (Func<IEstimator<ITransformer>>)(() => Ml.Transforms.Text.FeaturizeText("Out", "Sentence"))],
        [
            "TextNormalizingTransformer",
            "CaseMode None",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Text.NormalizeText(
                    "Out",
                    "Sentence",
                    TextNormalizingEstimator.CaseMode.None,
                    keepPunctuations: false))],
        [
            "TokenizingByCharactersTransformer",
            "has no ONNX form here",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Text.TokenizeIntoCharactersAsKeys("Key", "Sentence").Append(
                    Ml.Transforms.Text.ProduceNgrams("Out", "Key")))],
        [
            "WordTokenizingTransformer",
            "is made from several texts",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Text.TokenizeIntoWords("A", "Texts").Append(Ml.Transforms.Text.ProduceWordBags("Out", "Texts")))],
        [
            "NgramExtractingTransformer",
            "skip up to 1 keys",
            (Func<IEstimator<ITransformer>>)(() => Ml.Transforms.Text.ProduceWordBags("Out", "Sentence", skipLength: 1))],
        [
            "HashingTransformer",
            "a vector whose length differs from row to row",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Text.TokenizeIntoWords("A", "Sentence")
                    .Append(Ml.Transforms.Conversion.Hash("A"))
                    .Append(Ml.Transforms.Text.ProduceNgrams("Out", "A")))],
        [
            "ValueMappingTransformer",
            "column 'Out' is a vector whose length differs from row to row",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Conversion.MapValue("Out", new Dictionary<string, int> { ["red"] = 1 }, "Texts"))],
        [
            "StopWordsRemovingTransformer",
            "has no ONNX form here",
            (Func<IEstimator<ITransformer>>)(
                () => Ml.Transforms.Text.TokenizeIntoWords("A", "Sentence")
                    .Append(Ml.Transforms.Text.RemoveDefaultStopWords("A"))
                    .Append(Ml.Transforms.Conversion.MapValueToKey("A"))
                    .Append(Ml.Transforms.Text.ProduceNgrams("Out", "A")))],
        [
            "HashingTransformer",
            "a vector whose length differs from row to row",
            (Func<IEstimator<ITransformer>>)(() => Ml.Transforms.Text.ProduceHashedWordBags("Out", "Sentence", numberOfBits: 4))],
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void Export_OfTextsThatHaveNoForm_NamesTransformAndReason(
        string transformer,
        string reason,
        Func<IEstimator<ITransformer>> steps)
    {
        IDataView train = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(100));

        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => OnnxExporter.Export(
                Ml,
                steps().Fit(train),
                train.Schema,
                Stream.Null,
                new OnnxExportOptions { OutputColumns = ["Out"] }));

        StringAssert.Contains(error.Message, transformer);
        StringAssert.Contains(error.Message, reason);
    }

    /// <summary>Some rows of all.</summary>
    private static Array Part(Array values, int all, int first, int count)
    {
        int width = values.Length / all;
        var part = Array.CreateInstance(values.GetType().GetElementType()!, count * width);
        Array.Copy(values, first * width, part, 0, count * width);
        return part;
    }
}
