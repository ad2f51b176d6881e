using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Pretrained;

/// <summary>EmbedText through ML.NET: batches and single rows, saving, odd texts and schemas, what it refuses.</summary>
[TestClass]
public sealed class TextEmbeddingTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly Row[] Rows = [.. Enumerable.Range(0, 2500).Select(i => new Row
    {
        Text = (i % 7) switch { 0 => "", 1 => null!, 2 => "a b\ud83d c", _ => string.Join(' ', Enumerable.Repeat("e f g", (i % 5) + 1)) },
        Number = i,
    })];

    private static readonly IDataView Data = Ml.Data.LoadFromEnumerable(Rows);
    private static readonly Lazy<TextEmbeddingTransformer> Model = new(() => Estimator().Fit(Data));

    /// <summary>More rows than a batch, so that a second one is read while the first is computed; all columns stay beside them.</summary>
    [TestMethod]
    public void Transform_ManyRows_HasTheBitsOfSingleRows()
    {
        float[][] bulk = [.. Model.Value.Transform(Data).GetColumn<float[]>("Embedding")];
        using PredictionEngine<Row, Embedded> engine = Ml.Model.CreatePredictionEngine<Row, Embedded>(Model.Value);
        Assert.HasCount(Rows.Length, bulk);
        foreach (int row in Enumerable.Range(0, 40).Concat([1023, 1024, 1025, 2047, 2048, 2499]))
        {
            CollectionAssert.AreEqual(engine.Predict(Rows[row]).Embedding, bulk[row], $"row {row}");
        }

        CollectionAssert.AreEqual(
            Rows.Select(row => row.Number).ToArray(), Model.Value.Transform(Data).GetColumn<float>("Number").ToArray());
    }

    /// <summary>Null, as text files give it, counts as an empty text.</summary>
    [TestMethod]
    public void Transform_MissingText_IsAnEmptyOne()
    {
        float[][] bulk = [.. Model.Value.Transform(Data).GetColumn<float[]>("Embedding")];
        CollectionAssert.AreEqual(bulk[0], bulk[1]);
        Assert.IsTrue(bulk.SelectMany(row => row).All(float.IsFinite));
    }

    [TestMethod]
    public void Transform_CursorsOfManyThreads_HaveTheSameBits()
    {
        IDataView view = Model.Value.Transform(Data);
        var expected = new Dictionary<float, float[]>();
        foreach (Both row in Ml.Data.CreateEnumerable<Both>(view, reuseRowObject: false))
        {
            expected[row.Number] = row.Embedding;
        }

        DataViewSchema.Column[] columns = [view.Schema["Embedding"], view.Schema["Number"]];
        DataViewRowCursor[] cursors = view.GetRowCursorSet(columns, 4);
        int rows = 0;
        Parallel.ForEach(cursors, cursor =>
        {
            using (cursor)
            {
                ValueGetter<VBuffer<float>> getEmbedding = cursor.GetGetter<VBuffer<float>>(columns[0]);
                ValueGetter<float> getNumber = cursor.GetGetter<float>(columns[1]);
                VBuffer<float> embedding = default;
                float number = 0;
                while (cursor.MoveNext())
                {
                    getEmbedding(ref embedding);
                    getNumber(ref number);
                    CollectionAssert.AreEqual(expected[number], embedding.DenseValues().ToArray(), $"row {number}");
                    Interlocked.Increment(ref rows);
                }
            }
        });
        Assert.AreEqual(Rows.Length, rows);
    }

    [TestMethod]
    public void Model_SavedAndLoaded_EmbedsTheSameBits()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.zip");
        Ml.Model.Save(Model.Value, Data.Schema, path);
        ITransformer loaded = new MLContext().Model.Load(path, out _);
        float[][] expected = [.. Model.Value.Transform(Data).GetColumn<float[]>("Embedding")];
        float[][] actual = [.. loaded.Transform(Data).GetColumn<float[]>("Embedding")];
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row], $"row {row}");
        }
    }

    /// <summary>A column of the output's name is hidden, not mixed up; one named Score, or Tokens(Text), means nothing here.</summary>
    [TestMethod]
    [DataRow("Embedding")]
    [DataRow("Score")]
    [DataRow("Tokens(Text)")]
    public void Transform_ColumnOfAKnownName_ChangesNothing(string name)
    {
        IDataView named = Ml.Transforms.CopyColumns(name, "Number").Fit(Data).Transform(Data);
        IDataView view = Estimator().Fit(named).Transform(named);
        float[][] expected = [.. Model.Value.Transform(Data).GetColumn<float[]>("Embedding").Take(20)];
        float[][] actual = [.. view.GetColumn<float[]>("Embedding").Take(20)];
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row], $"row {row}");
        }
    }

    [TestMethod]
    public void GetOutputSchema_OfShapes_IsThatOfRows()
    {
        SchemaShape shapes = Estimator().GetOutputSchema(SchemaShape.Create(Data.Schema));
        SchemaShape.Column shape = shapes.Single(column => column.Name == "Embedding");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, shape.Kind);
        Assert.AreEqual(NumberDataViewType.Single, shape.ItemType);
        Assert.AreEqual(
            new VectorDataViewType(NumberDataViewType.Single, 16), Model.Value.GetOutputSchema(Data.Schema)["Embedding"].Type);
    }

    [TestMethod]
    public void Transform_LongTexts_WarnsOnceWithTheirNumber()
    {
        var ml = new MLContext();
        var warnings = new List<string>();
        ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
            {
                warnings.Add(e.Message);
            }
        };
        IDataView data = ml.Data.LoadFromEnumerable(Rows.Take(70));
        using TextEmbeddingTransformer model = ml.MixedPrecision().Transforms.EmbedText(Options(maxTokens: 5)).Fit(data);
        foreach (int _ in Enumerable.Range(0, 2))
        {
            Assert.AreEqual(70, model.Transform(data).GetColumn<float[]>("Embedding").Count());
        }

        int cut = Rows.Take(70).Count(row => row.Text is { } text && text.Split(' ').Length > 3);
        StringAssert.Contains(warnings.Single(), $"{cut} of 70 rows have more tokens than MaxTokens, 5;");
    }

    /// <summary>By default a vector has length 1 and the direction of the plain one; saved, the model keeps to it.</summary>
    [TestMethod]
    public void Transform_Normalized_IsThePlainOneByItsLength()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Rows.Take(30));
        TextEmbeddingEstimator.Options options = Options(maxTokens: 12);
        options.Normalize = false;
        using TextEmbeddingTransformer plain = Ml.MixedPrecision().Transforms.EmbedText(options).Fit(data);
        foreach (bool isSaved in (bool[])[false, true])
        {
            float[][] unit = [.. (isSaved ? Loaded(Model.Value) : Model.Value).Transform(data).GetColumn<float[]>("Embedding")];
            float[][] raw = [.. (isSaved ? Loaded(plain) : plain).Transform(data).GetColumn<float[]>("Embedding")];
            for (int row = 0; row < raw.Length; row++)
            {
                double length = Math.Sqrt(raw[row].Sum(value => (double)value * value));
                Assert.AreNotEqual(1, length, 1e-3, $"row {row}");
                for (int i = 0; i < raw[row].Length; i++)
                {
                    Assert.AreEqual(raw[row][i] / length, unit[row][i], 1e-6, $"row {row}, {i}");
                }
            }
        }

        static ITransformer Loaded(ITransformer model)
        {
            using var stream = new MemoryStream();
            Ml.Model.Save(model, Data.Schema, stream);
            stream.Position = 0;
            return new MLContext().Model.Load(stream, out _);
        }
    }

    /// <summary>A linear trainer of ML.NET behind it learns from the embeddings.</summary>
    [TestMethod]
    public void Pipeline_WithALinearTrainer_Trains()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(
            i => new Labelled { Text = i % 2 == 0 ? "a b a" : "k l k", Label = i % 2 == 0 }));
        ITransformer model = Ml.MixedPrecision().Transforms.EmbedText(new TextEmbeddingEstimator.Options
        {
            OutputColumnName = "Features",
            Pretrained = Weights(),
            MaxTokens = 12,
        })
            .Append(Ml.BinaryClassification.Trainers.SdcaLogisticRegression())
            .Fit(data);
        Assert.AreEqual(1.0, Ml.BinaryClassification.Evaluate(model.Transform(data)).Accuracy);
    }

    [TestMethod]
    public void SavePretrained_EmbedText_IsReadAgain()
    {
        using var folder = new TemporaryFolder();
        Ml.MixedPrecision().Model.SavePretrained(Model.Value, folder.File("saved"));
        using TextEmbeddingTransformer again = Ml.MixedPrecision().Transforms.EmbedText(new TextEmbeddingEstimator.Options
        {
            Pretrained = PretrainedWeights.FromFolder(folder.File("saved")),
            MaxTokens = 12,
        }).Fit(Data);
        CollectionAssert.AreEqual(
            Model.Value.Transform(Data).GetColumn<float[]>("Embedding").ElementAt(3),
            again.Transform(Data).GetColumn<float[]>("Embedding").ElementAt(3));
    }

    [TestMethod]
    public void SavePretrained_PipelineWithoutTexts_SaysWhatItIsMadeOf()
    {
        ITransformer model = Ml.Transforms.CopyColumns("A", "Number").Fit(Data);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Ml.MixedPrecision().Model.SavePretrained(model, "nowhere")).Message,
            "made of ColumnCopyingTransformer");
        Assert.IsFalse(Directory.Exists("nowhere"));
    }

    [TestMethod]
    public void Fit_ColumnThatHoldsNoText_IsRefused()
    {
        TextEmbeddingEstimator estimator = Ml.MixedPrecision().Transforms.EmbedText("E", "Number", Weights());
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => estimator.Fit(Data)).Message, "'Number' holds Single");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(SchemaShape.Create(Data.Schema)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Model.Value.Transform(Ml.Transforms.DropColumns("Text").Fit(Data).Transform(Data)));
    }

    [TestMethod]
    public void EmbedText_OptionOutsideItsRange_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentNullException>(
            () => Ml.MixedPrecision().Transforms.EmbedText(new TextEmbeddingEstimator.Options()), "Pretrained");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Ml.MixedPrecision().Transforms.EmbedText(Options(maxTokens: 3)));
        Assert.ThrowsExactly<ArgumentException>(() => Ml.MixedPrecision().Transforms.EmbedText(" ", "Text", Weights()));
    }

    private static PretrainedWeights Weights() => PretrainedWeights.FromFolder(new EncoderCase("bert").Folder);

    private static TextEmbeddingEstimator.Options Options(int maxTokens) => new() { Pretrained = Weights(), MaxTokens = maxTokens };

    private static TextEmbeddingEstimator Estimator() => Ml.MixedPrecision().Transforms.EmbedText(Options(maxTokens: 12));

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public float Number { get; set; }
    }

    private sealed class Embedded
    {
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Both
    {
        public float[] Embedding { get; set; } = [];

        public float Number { get; set; }
    }

    private sealed class Labelled
    {
        public string Text { get; set; } = "";

        public bool Label { get; set; }
    }
}
