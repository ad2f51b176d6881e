using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Columns of every type in and out, batch sizes that models fix, and data that do not fit.</summary>
[TestClass]
public sealed class OnnxColumnsTests
{
    private const OnnxElementType Float = OnnxElementType.Float;
    private static readonly MLContext Ml = new(seed: 1);

    private static readonly (string Column, OnnxElementType Type)[] Types =
    [
        ("Single", Float), ("Double", OnnxElementType.Double), ("Bool", OnnxElementType.Bool), ("SByte", OnnxElementType.Int8), (
            "Int16",
            OnnxElementType.Int16),
        ("Int32", OnnxElementType.Int32), ("Int64", OnnxElementType.Int64), ("Byte", OnnxElementType.UInt8), (
            "UInt16",
            OnnxElementType.UInt16),
        ("UInt32", OnnxElementType.UInt32),
        ("UInt64", OnnxElementType.UInt64),
        ("Text", OnnxElementType.String),
        ("Vector", Float),
        ("Key", OnnxElementType.UInt32),
    ];

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(1024)]
    public void Transform_OfAllTypes_GivesThemBack(int batchSize)
    {
        var graph = new TestGraph();
        foreach ((string column, OnnxElementType type) in Types)
        {
            long width = column == "Vector" ? 3 : 1;
            graph.Input(column, type, -1, width).Node("Identity", column, column + "Out").Output(column + "Out", type, -1, width);
        }

        IDataView rows = Ml.Transforms.Conversion.MapValueToKey("Key", "Text").Fit(Rows(20)).Transform(Rows(20));

        IDataView result = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(graph.ToBytes(), new() { BatchSize = batchSize })
            .Fit(rows)
            .Transform(rows);

        AssertSame<float>("Single");
        AssertSame<double>("Double");
        AssertSame<bool>("Bool");
        AssertSame<sbyte>("SByte");
        AssertSame<short>("Int16");
        AssertSame<int>("Int32");
        AssertSame<long>("Int64");
        AssertSame<byte>("Byte");
        AssertSame<ushort>("UInt16");
        AssertSame<uint>("UInt32");
        AssertSame<ulong>("UInt64");
        AssertSame<string>("Text");
        AssertSame<uint>("Key");
        CollectionAssert.AreEqual(Vectors(rows, "Vector"), Vectors(result, "VectorOut"));

        void AssertSame<T>(string column) => CollectionAssert.AreEqual(
            rows.GetColumn<T>(column).ToArray(),
            result.GetColumn<T>(column + "Out").ToArray(),
            column);
    }

    [TestMethod]
    public void Transform_OfHalvesInAndOut_TakesAndGivesSingles()
    {
        byte[] file = new TestGraph()
            .Input("Vector", OnnxElementType.Float16, -1, 3)
            .Input("Single", OnnxElementType.Float16, -1, 1)
            .Constant("w", OnnxElementType.Float16, [(Half)0.1f, (Half)2, (Half)(-3)], 3)
            .Node("Mul", "Vector w", "y")
                .Node("Identity", "Single", "z")
                .Output("y", OnnxElementType.Float16, -1, 3)
                .Output("z", OnnxElementType.Float16, -1, 1)
                .ToBytes();

        IDataView result = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows(20)).Transform(Rows(20));

        float[] expected = [
            .. Vectors(Rows(20), "Vector").Select(
                (x, i) => (float)(Half)((float)(Half)x * (float)(i % 3 == 0 ? (Half)0.1f : i % 3 == 1 ? (Half)2 : (Half)(-3))))];
        CollectionAssert.AreEqual(expected, Vectors(result, "y"));
        CollectionAssert.AreEqual(
            Rows(20).GetColumn<float>("Single").Select(x => (float)(Half)x).ToArray(),
            result.GetColumn<float>("z").ToArray());
    }

    [TestMethod]
    [DataRow(1, 20)]
    [DataRow(8, 20)]
    [DataRow(32, 20)]
    [DataRow(32, 64)]
    public void Transform_OfAFixedNumberOfRows_RunsThatManyAndServesOnlyRealOnes(int batch, int rows)
    {
        // Rows that are padded show if their sum over the batch is subtracted: zeros change nothing.
        byte[] file = new TestGraph()
            .Input("Vector", Float, batch, 3)
            .Numbers("rows", 0)
            .Node("ReduceSum", "Vector rows", "s")
            .Node("Sub", "Vector s", "y")
            .Output("y", Float, batch, 3)
            .ToBytes();
        OnnxScoringTransformer model = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows(rows));

        float[] actual = Vectors(model.Transform(Rows(rows)), "y");

        float[] x = Vectors(Rows(rows), "Vector");
        Assert.AreEqual(batch, model.BatchSize);
        Assert.HasCount(x.Length, actual);
        for (int i = 0; i < x.Length; i++)
        {
            int first = i / 3 / batch * batch, last = Math.Min(rows, first + batch);
            double sum = Enumerable.Range(first, last - first).Sum(row => (double)x[(row * 3) + (i % 3)]);
            Assert.AreEqual(x[i] - sum, actual[i], 1e-4, $"element {i}");
        }
    }

    [TestMethod]
    public void Transform_OfSparseVectors_ReadsTheirZeros()
    {
        var schema = SchemaDefinition.Create(typeof(SparseRow));
        IDataView rows = Ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 5).Select(i => new SparseRow { Vector = new VBuffer<float>(3, 1, [i + 1f], [i % 3]) }),
            schema);

        IDataView result = Ml.MixedPrecision().Transforms.ApplyOnnxModel(Doubled()).Fit(rows).Transform(rows);

        CollectionAssert.AreEqual(new float[] { 2, 0, 0, 0, 4, 0, 0, 0, 6, 8, 0, 0, 0, 10, 0 }, Vectors(result, "y"));
    }

    [TestMethod]
    public void Transform_WhereAColumnHasTheOutputsName_HidesItAndKeepsIt()
    {
        IDataView rows = Rows(10);

        IDataView result = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(Doubled(), new() { OutputColumns = new Dictionary<string, string> { ["y"] = "Vector" } })
            .Fit(rows)
            .Transform(rows);

        CollectionAssert.AreEqual(Vectors(rows, "Vector").Select(x => 2 * x).ToArray(), Vectors(result, "Vector"));
        DataViewSchema.Column hidden = result.Schema.Single(column => column.Name == "Vector" && column.IsHidden);
        CollectionAssert.AreEqual(Vectors(rows, "Vector"), result.GetColumn<float[]>(hidden).SelectMany(row => row).ToArray());
    }

    [TestMethod]
    public void Transform_OfMappedColumns_ReadsThemAndComputesTheWantedOnly()
    {
        byte[] file = new TestGraph()
            .Input("a", Float, -1, 3)
            .Node("Neg", "a", "n")
            .Node("Abs", "a", "p")
            .Output("n", Float, -1, 3)
            .Output("p", Float, -1, 3)
            .ToBytes();

        IDataView result = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file, new()
        {
            InputColumns = new Dictionary<string, string> { ["a"] = "Vector" },
            OutputColumns = new Dictionary<string, string> { ["p"] = "Absolute" },
        }).Fit(Rows(5)).Transform(Rows(5));

        Assert.IsNull(result.Schema.GetColumnOrNull("n"));
        CollectionAssert.AreEqual(Vectors(Rows(5), "Vector").Select(MathF.Abs).ToArray(), Vectors(result, "Absolute"));
    }

    [TestMethod]
    public void Transform_OfAMatrixARow_GivesItsDimensions()
    {
        byte[] file = new TestGraph()
            .Input("Vector", Float, -1, 3)
            .Numbers("s", 0, 3, 1)
            .Node("Reshape", "Vector s", "a")
            .Node("Concat", "a a", "y", node => node.With("axis", 2L))
            .Output("y", Float, -1, 3, 2)
            .ToBytes();

        DataViewSchema schema = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows(5)).GetOutputSchema(Rows(5).Schema);

        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3, 2), schema["y"].Type);
    }

    [TestMethod]
    public void GetOutputSchema_OfTheEstimator_SaysWhatTheTransformerMakes()
    {
        var estimator = Ml.MixedPrecision().Transforms.ApplyOnnxModel(new TestGraph().Input("Vector", Float, -1, 3).Node(
            "ArgMax",
            "Vector",
            "k",
            node => node.With("axis", 1L)).Node("Neg", "Vector", "n")
            .Output("k", OnnxElementType.Int64, -1, 1).Output("n", Float, -1, 3).ToBytes());

        SchemaShape shape = estimator.GetOutputSchema(SchemaShape.Create(Rows(1).Schema));
        DataViewSchema schema = estimator.Fit(Rows(1)).GetOutputSchema(Rows(1).Schema);

        foreach (SchemaShape.Column column in shape)
        {
            Assert.AreEqual(
                schema[column.Name].Type is VectorDataViewType,
                column.Kind != SchemaShape.Column.VectorKind.Scalar,
                column.Name);
            Assert.AreEqual(
                (schema[column.Name].Type as VectorDataViewType)?.ItemType ?? schema[column.Name].Type,
                column.ItemType,
                column.Name);
        }

        Assert.HasCount(schema.Count, shape);
    }

    [TestMethod]
    public void Fit_OnDataThatDoNotFit_NamesColumnAndInput()
    {
        AssertRefused(Doubled(), Ml.Data.LoadFromEnumerable(new[] { new Other { Single = 1 } }), "There is no column 'Vector'");
        AssertRefused(
            new TestGraph().Input("Vector", OnnxElementType.Int64, -1, 3)
                .Node("Neg", "Vector", "y")
                .Output("y", OnnxElementType.Int64, -1, 3)
                .ToBytes(),
            Rows(1),
            "takes Int64");
        AssertRefused(
            new TestGraph().Input("Vector", Float, -1, 4).Node("Neg", "Vector", "y").Output("y", Float, -1, 4).ToBytes(),
            Rows(1),
            "holds 3 values");

        static void AssertRefused(byte[] file, IDataView rows, string says)
        {
            var estimator = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file);

            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => estimator.Fit(rows)).Message,
                says,
                StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void ApplyOnnxModel_WithNamesThatTheModelHasNot_SaysWhichItHas()
    {
        var outputs = Assert.ThrowsExactly<ArgumentException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(
                Doubled(),
                new() { OutputColumns = new Dictionary<string, string> { ["Score"] = "S" } }));
        var inputs = Assert.ThrowsExactly<ArgumentException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(
                Doubled(),
                new() { InputColumns = new Dictionary<string, string> { ["Features"] = "S" } }));

        StringAssert.Contains(outputs.Message, "'y'", StringComparison.Ordinal);
        StringAssert.Contains(inputs.Message, "'Vector'", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(Doubled(), new() { BatchSize = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(Doubled(), new() { NumberOfThreads = 0 }));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1025)]
    [DataRow(int.MaxValue)]
    public void NumberOfThreads_OutsideItsRange_IsRefused(int threads)
    {
        byte[] file = ExportedModels.Network(NumericFormat.Float32);
        OnnxScoringTransformer transformer = Ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(file, new() { NumberOfThreads = 2 })
            .Fit(ExportedModels.Train);

        foreach (
            Action act in (Action[])[
                () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(file, new() { NumberOfThreads = threads }),
                () => transformer.NumberOfThreads = threads])
        {
            var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(act);
            StringAssert.Contains(
                error.Message,
                $"NumberOfThreads is {threads}; it must be 1 to 1024, or null for all cores.",
                StringComparison.Ordinal);
        }

        Assert.AreEqual(2, transformer.NumberOfThreads);
        transformer.NumberOfThreads = 1024;
    }

    [TestMethod]
    public void Transform_OfAShapeThatIsHarmlessButForSevenRows_IsRefusedForSeven()
    {
        // Pads by 2²⁸ / ((N − 7)² + 1): neither 1024 rows nor 1 or 100 show what 7 would take.
        byte[] file = new TestGraph().Input("Vector", Float, -1, 3).Node("Add", "Vector Vector", "y").Output("y", Float, -1, 3)
            .Node("Shape", "Vector", "s")
                .Numbers("first", 0)
                .Node("Gather", "s first", "n")
                .Numbers("seven", 7)
                .Numbers("one", 1)
                .Numbers("much", 0, 0, 0, 1 << 28)
            .Node("Sub", "n seven", "d")
                .Node("Mul", "d d", "q")
                .Node("Add", "q one", "e")
                .Node("Div", "much e", "pads")
                .Node("Pad", "Vector pads", "z")
                .ToBytes();
        OnnxScoringTransformer model = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows(1));

        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(() => Vectors(model.Transform(Rows(7)), "y"));

        StringAssert.Contains(refusal.Message, "in a batch of 7 rows", StringComparison.Ordinal);
        Assert.HasCount(300, Vectors(model.Transform(Rows(100)), "y"));
    }

    [TestMethod]
    public void Transform_OfAFileThatLooksLikeTheRuntimesOwnFormat_IsReadAsWhatWasChecked()
    {
        // ONNX Runtime takes bytes 4 to 7 to say which format a file is in.
        byte[] file = new TestGraph()
            .With(model => model.ProducerName = "ORTM")
            .Input("Vector", Float, -1, 3)
            .Node("Add", "Vector Vector", "y")
            .Output("y", Float, -1, 3)
            .ToBytes();
        Assert.AreEqual("ORTM", System.Text.Encoding.ASCII.GetString(file, 4, 4));

        IDataView result = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(Rows(3)).Transform(Rows(3));

        CollectionAssert.AreEqual(Vectors(Rows(3), "Vector").Select(x => 2 * x).ToArray(), Vectors(result, "y"));
    }

    [TestMethod]
    public void Fit_OnAGpuWhereNoneIs_SaysWhatToDo()
    {
        if (OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
        {
            Assert.Inconclusive("ONNX Runtime's CUDA provider is here.");
        }

        var estimator = Ml.MixedPrecision().Transforms.ApplyOnnxModel(Doubled(), new() { Device = ComputeDevice.Cuda(0) });

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => estimator.Fit(Rows(1))).Message,
            "Microsoft.ML.OnnxRuntime.Gpu",
            StringComparison.Ordinal);
    }

    private static byte[] Doubled()
        => new TestGraph().Input("Vector", Float, -1, 3).Node("Add", "Vector Vector", "y").Output("y", Float, -1, 3).ToBytes();

    private static float[] Vectors(IDataView view, string column) => [.. view.GetColumn<float[]>(column).SelectMany(row => row)];

    private static IDataView Rows(int count)
    {
        var random = new Random(7);
        return Ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row
        {
            Single = random.NextSingle(),
            Double = random.NextDouble(),
            Bool = i % 3 == 0,
            SByte = (sbyte)-i,
            Int16 = (short)(-300 * i),
            Int32 = -70000 * i,
            Int64 = -1L << i,
            Byte = (byte)i,
            UInt16 = (ushort)(3000 * i),
            UInt32 = uint.MaxValue - (uint)i,
            UInt64 = ulong.MaxValue - (ulong)i,
            Text = i % 4 == 0 ? "" : $"Zeile {i} äöü €",
            Vector = [random.NextSingle() - 0.5f, random.NextSingle() - 0.5f, i],
        }).ToList());
    }

    private sealed class Row
    {
        public float Single { get; set; }

        public double Double { get; set; }

        public bool Bool { get; set; }

        public sbyte SByte { get; set; }

        public short Int16 { get; set; }

        public int Int32 { get; set; }

        public long Int64 { get; set; }

        public byte Byte { get; set; }

        public ushort UInt16 { get; set; }

        public uint UInt32 { get; set; }

        public ulong UInt64 { get; set; }

        public string Text { get; set; } = "";

        [VectorType(3)]
        public float[] Vector { get; set; } = [];
    }

    private sealed class SparseRow
    {
        [VectorType(3)]
        public VBuffer<float> Vector { get; set; }
    }

    private sealed class Other
    {
        public float Single { get; set; }
    }
}
