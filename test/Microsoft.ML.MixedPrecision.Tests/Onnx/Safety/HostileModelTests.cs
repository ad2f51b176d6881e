using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>Files that ask for too much, hold what is not accepted, or contradict themselves: each is refused with a message that names
/// it.</summary>
[TestClass]
public sealed class HostileModelTests
{
    private const OnnxElementType Float = OnnxElementType.Float;
    private static readonly MLContext Ml = new();

    private static readonly Dictionary<string, (byte[] File, string[] Says)> Cases = new(HostileDetails.Cases)
    {
        ["empty"] = ([], ["it is empty"]),
        ["no protobuf"] = ([.. "This is a text, not a model."u8], ["refused"]),
        ["ends early"] = (Good().ToBytes()[..^3], ["ends"]),
        ["unknown field"] = ([.. Good().ToBytes(), 0xF8, 0x3F, 1], ["field 1023", "ModelProto"]),
        ["functions"] = ([.. Good().ToBytes(), 0xCA, 0x01, 0], ["functions"]),
        ["training information"] = ([.. Good().ToBytes(), 0xA2, 0x01, 0], ["training_info"]),
        ["sparse weights"] = (WithGraphField(15), ["sparse_initializer"]),
        ["list of subgraphs"] = (WithAttributeField(11), ["list of subgraphs"]),
        ["list of tensors"] = (WithAttributeField(10), ["list of tensors"]),
        ["sparse attribute"] = (WithAttributeField(22), ["sparse tensor"]),
        ["type attribute"] = (WithAttributeField(14), ["is a type"]),
        ["deep messages"] = (Deep(40), ["deep", "MaxDepth"]),
        ["old format"] = (Good().With(model => model.IrVersion = 2).ToBytes(), ["ir_version", "2", "3 to 13"]),
        ["new format"] = (Good().With(model => model.IrVersion = 99).ToBytes(), ["ir_version", "99", "MaxIrVersion"]),
        ["old operators"] = (Good().With(model => model.OpsetImport[0].Version = 6).ToBytes(), ["opset", "6"]),
        ["new operators"] = (Good().With(model => model.OpsetImport[0].Version = 1000).ToBytes(), ["opset", "1000", "MaxOpset"]),
        ["no operators' version"] = (Good().With(model => model.OpsetImport.Clear()).ToBytes(), ["of which version"]),
        ["two versions"] = (
            Good().With(model => model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx", Version = 7 })).ToBytes(),
            ["twice"]),
        ["runtime options"] = (
            Good().With(model => model.MetadataProps.Add(new StringStringEntryProto { Key = "ort_config", Value = "{}" })).ToBytes(),
            ["ort_config"]),
        ["no graph"] = (Good().With(model => model.Graph = null).ToBytes(), ["no graph"]),
        ["foreign domain"] = (
            Good().With(model => model.Graph.Node[0].Domain = "com.example").ToBytes(),
            ["com.example.Relu", "AdditionalOperators"]),
        ["data outside"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].DataLocation = 1).ToBytes(),
            ["'w'", "outside of the file"]),
        ["path outside"] = (
            Good().Constant("w", Float, [1f], 1)
                .With(model => model.Graph.Initializer[0].ExternalData.Add(
                    new StringStringEntryProto { Key = "location", Value = "../../etc/passwd" }))
                .ToBytes(),
            ["'w'", "outside of the file"]),
        ["dimensions beyond data"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].Dims[0] = 1L << 32).ToBytes(),
            ["'w'", "4294967296"]),
        ["dimensions overflow"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].Dims.Add([1L << 40, 1L << 40])).ToBytes(),
            ["'w'"]),
        ["negative dimension"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].Dims[0] = -1).ToBytes(),
            ["'w'", "-1"]),
        ["many dimensions"] = (
            Good().Constant("w", Float, [1f], [.. Enumerable.Repeat(1L, 9)]).ToBytes(),
            ["'w'", "9 dimensions", "MaxRank"]),
        ["data of another type"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].Int64Data.Add(1)).ToBytes(),
            ["'w'"]),
        ["unknown element type"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].DataType = 14).ToBytes(),
            ["'w'", "14"]),
        ["not a number"] = (Good().Constant("w", Float, [1f, float.NaN], 2).ToBytes(), ["'w'", "not finite", "AllowNonFiniteWeights"]),
        ["infinite half"] = (Good().Constant("w", OnnxElementType.Float16, [Half.PositiveInfinity], 1).ToBytes(), ["'w'", "not finite"]),
        ["infinite listed half"] = (
            Good().With(
                model => model.Graph.Initializer.Add(
                    new TensorProto { Name = "w", DataType = 10, Dims = { 1 }, Int32Data = { 0x7C00 } })).ToBytes(),
            ["'w'", "not finite"]),
        ["infinite attribute"] = (
            Good().Node("LeakyRelu", "x", "z", node => node.With("alpha", float.NegativeInfinity)).ToBytes(),
            ["'alpha'", "not finite"]),
        ["huge attribute"] = (
            Good().Node("Softmax", "x", "z", node => node.With("axis", long.MinValue)).ToBytes(),
            ["'axis'", "MaxAttribute"]),
        ["attribute twice"] = (
            Good().Node("Softmax", "x", "z", node => node.With("axis", 1L).With("axis", 0L)).ToBytes(),
            ["'axis'", "twice"]),
        ["attribute of two kinds"] = (
            Good().Node("Softmax", "x", "z", node => node.With("axis", 1L).Find("axis")!.F = 1).ToBytes(),
            ["'axis'", "Float and Int"]),
        ["reference to a function's attribute"] = (
            Good().Node("Softmax", "x", "z", node => node.With("axis", 1L).Find("axis")!.RefAttrName = "a").ToBytes(),
            ["'axis'"]),
        ["subgraph"] = (
            Good().Node(
                "Softmax",
                "x",
                "z",
                node => node.Attribute.Add(
                    new AttributeProto { Name = "body", Type = AttributeProto.Types.AttributeType.Graph, G = new GraphProto() })).ToBytes(),
            ["'body'", "subgraph"]),
        ["read before made"] = (
            Good().With(
                model => model.Graph.Node.Insert(0, new NodeProto { OpType = "Relu", Input = { "y" }, Output = { "z" } })).ToBytes(),
            ["'y'", "nothing before it"]),
        ["read, never made"] = (Good().Node("Add", "x nowhere", "z").ToBytes(), ["'nowhere'"]),
        ["two makers"] = (Good().Node("Tanh", "x", "y").ToBytes(), ["'y'", "there already"]),
        ["output of nothing"] = (Good().Output("z", Float, -1, 4).ToBytes(), ["'z'"]),
        ["no outputs"] = (Good().With(model => model.Graph.Output.Clear()).ToBytes(), ["no outputs"]),
        ["no inputs"] = (
            new TestGraph().Constant("w", Float, [1f], 1).Node("Relu", "w", "y").Output("y", Float, 1).ToBytes(),
            ["no inputs"]),
        ["sequence"] = (
            Good().With(model => model.Graph.Output[0].Type = new TypeProto { SequenceType = ByteString.Empty }).ToBytes(),
            ["'y'", "a sequence", "zipmap"]),
        ["map"] = (
            Good().With(model => model.Graph.Output[0].Type = new TypeProto { MapType = ByteString.Empty }).ToBytes(),
            ["'y'", "a map"]),
        ["ZipMap"] = (Good().MachineLearning("ZipMap", "x", "z").ToBytes(), ["ai.onnx.ml.ZipMap"]),
        ["open second dimension"] = (
            new TestGraph().Input("x", Float, -1, -1).Node("Relu", "x", "y").Output("y", Float, -1, -1).ToBytes(),
            ["dimension 1", "'x'", "not fixed"]),
        ["no shape"] = (Good().With(model => model.Graph.Input[0].Type.TensorType.Shape = null).ToBytes(), ["'x'", "no shape"]),
        ["different rows"] = (Good().Input("a", Float, 2, 1).Input("b", Float, 3, 1).ToBytes(), ["2, 3"]),
        ["output without rows"] = (
            new TestGraph().Input("x", Float, -1, 4).Node("ReduceSum", "x", "y").Output("y", Float, 1, 1).ToBytes(),
            ["'y'", "number of rows"]),
        ["output turned round"] = (
            new TestGraph().Input("x", Float, -1, 4).Node("Transpose", "x", "y").Output("y", Float, 4, -1).ToBytes(),
            ["'y'", "number of rows"]),
        ["output as long as a batch"] = (
            new TestGraph().Input("x", Float, -1, 1024)
                .Node("Transpose", "x", "t")
                .Numbers("one", 1)
                .Node("ReduceSum", "t one", "y", node => node.With("keepdims", 1L))
                .Output("y", Float, 1024, 1)
                .ToBytes(),
            ["'y'", "number of rows"]),
    };

    /// <summary>Files of a few hundred bytes whose values would take gigabytes.</summary>
    private static readonly Dictionary<string, (byte[] File, string[] Says)> Bombs = new()
    {
        ["Tile"] = (Good().Numbers("n", 1, 1 << 30).Node("Tile", "x n", "z").ToBytes(), ["'Tile'", "AdditionalOperators"]),
        ["Expand"] = (Good().Numbers("n", 1 << 20, 1 << 20, 4).Node("Expand", "x n", "z").ToBytes(), ["'Expand'"]),
        ["ConstantOfShape"] = (Good().Numbers("n", 1 << 20, 1 << 20).Node("ConstantOfShape", "n", "z").ToBytes(), ["'ConstantOfShape'"]),
        ["Range"] = (Good().Node("Range", "x x x", "z").ToBytes(), ["'Range'"]),
        ["Loop"] = (Good().Node("Loop", "x", "z").ToBytes(), ["'Loop'"]),
        ["Resize"] = (Good().Node("Resize", "x", "z").ToBytes(), ["'Resize'"]),
        ["broadcast"] = (Outer().Node("Add", "column row", "z").ToBytes(), ["'z'", "MaxValueBytes"]),
        ["comparison"] = (Outer().Node("Less", "column row", "z").ToBytes(), ["'z'", "MaxValueBytes"]),
        ["Where"] = (
            Outer().Node("Less", "x x", "c")
                .Numbers("first", 0)
                .Node("Gather", "c first", "b", node => node.With("axis", 1L))
                .Node("Where", "b column row", "z")
                .ToBytes(),
            ["'z'"]),
        ["outer product"] = (Outer().Node("MatMul", "column row", "z").ToBytes(), ["'z'", "MaxValueBytes"]),
        ["Gemm"] = (Outer().Node("Gemm", "column row", "z").ToBytes(), ["'z'", "MaxValueBytes"]),
        ["x with x, forty times"] = (Doubling(40).ToBytes(), ["MaxValueBytes"]),
        ["many values of middle size"] = (Many(3000).ToBytes(), ["MaxWorkingBytes"]),
        ["Pad"] = (Good().Numbers("pads", 0, 0, 0, 1 << 30).Node("Pad", "x pads", "z").ToBytes(), ["'z'", "MaxValueBytes"]),
        ["Pad, more for fewer rows"] = (PadByRows().ToBytes(), ["'z'", "in a batch of 1 rows"]),
        ["Pad, computed from rows"] = (
            Good().Node("ReduceMax", "x", "m").Node("Cast", "m", "pads", node => node.With("to", 7L)).Node("Pad", "x pads", "z").ToBytes(),
            ["'pads'", "bounded"]),
        ["Reshape, computed from rows"] = (
            Good().Node("ReduceMax", "x", "m").Node("Cast", "m", "s", node => node.With("to", 7L)).Node("Reshape", "x s", "z").ToBytes(),
            ["'shape'", "bounded"]),
        ["Reshape and broadcast"] = (
            Good().Numbers("a", -1, 1)
                .Numbers("b", 1, -1)
                .Node("Reshape", "x a", "l")
                .Node("Reshape", "x b", "r")
                .Node("Mul", "l r", "m")
                .Node("Reshape", "m a", "n")
                .Node("Mul", "n r", "z")
                .ToBytes(),
            ["MaxValueBytes"]),
        ["Gather"] = (
            Good().Constant("i", OnnxElementType.Int64, new long[4096], 4096)
                .Node("Gather", "x i", "a", node => node.With("axis", 1L))
                .Node("Gather", "a i", "z", node => node.With("axis", 0L))
                .Node("Gather", "z i", "w", node => node.With("axis", 1L))
                .Node("Add", "w w", "v")
                .Node("Concat", "v v v v v v v v v v v v v v v v v", "u", node => node.With("axis", 0L))
                .ToBytes(),
            ["MaxValueBytes"]),
        ["OneHot"] = (
            Good().Node("Cast", "x", "i", node => node.With("to", 7L))
                .Numbers("depth", 1 << 30)
                .Constant("v", Float, [0f, 1], 2)
                .Node("OneHot", "i depth v", "z")
                .ToBytes(),
            ["'z'", "MaxValueBytes"]),
        ["convolution's unfolding"] = (
            new TestGraph().Input("x", Float, -1, 1, 64, 64)
                .Constant("w", Float, new float[4096], 1, 1, 64, 64)
                .Node("Conv", "x w", "y", node => node.With("pads", new long[] { 500, 500, 500, 500 }))
                .Output("y", Float, -1, 1, 1001, 1001)
                .ToBytes(),
            ["Max"]),
        ["pooling's padding"] = (
            new TestGraph().Input("x", Float, -1, 1, 8, 8)
                .Node(
                    "MaxPool",
                    "x",
                    "y",
                    node => node.With("kernel_shape", new long[] { 1, 1 }).With("pads", new long[] { 0, 0, 1 << 20, 1 << 20 }))
                .Output("y", Float, -1, 1, 8, 8)
                .ToBytes(),
            ["'y'", "MaxValueBytes"]),
        ["DepthToSpace and back"] = (
            new TestGraph().Input("x", Float, -1, 1 << 10, 1 << 10, 1 << 10)
                .Node("DepthToSpace", "x", "y", node => node.With("blocksize", 2L))
                .Output("y", Float, -1, 1, 1, 1)
                .ToBytes(),
            ["'x'", "MaxValueBytes"]),
        ["wide input"] = (
            new TestGraph().Input("x", Float, -1, int.MaxValue).Node("Relu", "x", "y").Output("y", Float, -1, int.MaxValue).ToBytes(),
            ["'x'", "MaxValueBytes"]),
        ["casts to text"] = (
            Good().Node("Concat", string.Join(' ', Enumerable.Repeat("x", 6000)), "w", node => node.With("axis", 1L))
                .Node("Cast", "w", "z", node => node.With("to", 8L))
                .ToBytes(),
            ["'z'", "MaxValueBytes"]),
        ["regressor of many targets"] = (
            Good().MachineLearning(
                "LinearRegressor",
                "x",
                "z",
                node => node.With("targets", 1L << 23).With("coefficients", [1f])).ToBytes(),
            ["coefficients"]),
        ["trees of many targets"] = (
            Good().MachineLearning("TreeEnsembleRegressor", "x", "z", node => Tree(node, 1, 2).With("n_targets", 1L << 23)).ToBytes(),
            ["'z'", "MaxValueBytes"]),
        ["tree that leads to itself"] = (
            Good().MachineLearning("TreeEnsembleRegressor", "x", "z", node => Tree(node, 0, 2)).ToBytes(),
            ["two others lead"]),
        ["tree that leads nowhere"] = (
            Good().MachineLearning("TreeEnsembleRegressor", "x", "z", node => Tree(node, 1, 77)).ToBytes(),
            ["77", "does not exist"]),
        ["tree of features beyond"] = (
            Good().MachineLearning(
                "TreeEnsembleRegressor",
                "x",
                "z",
                node => Tree(node, 1, 2).Find("nodes_featureids")!.Ints[0] = 4).ToBytes(),
            ["feature"]),
        ["tree deeper than the stack"] = (
            Good().MachineLearning("TreeEnsembleRegressor", "x", "z", node => Chain(node, 5000)).ToBytes(),
            ["deeper than 512"]),
        ["classifier that reads beyond its coefficients"] = (
            Good().MachineLearning(
                "LinearClassifier",
                "x",
                "l z",
                node => node.With("coefficients", [1f]).With("intercepts", [0f, 0]).With("classlabels_ints", [0L, 1])).ToBytes(),
            ["coefficients"]),
        ["n-grams of many places"] = (Ngrams([1 << 23], [0], [1]).ToBytes(), ["'z'", "MaxValueBytes"]),
        ["n-grams without places"] = (Ngrams([0], [0], [1, 2, 3]).ToBytes(), ["1 places for the n-grams of 3 words"]),
        ["n-grams that begin beyond the words"] = (Ngrams([0, 1], [0, 9], [1, 2, 3]).ToBytes(), ["2 places", "(0, 9)"]),
        ["n-grams of no whole number"] = (Ngrams([0, 1], [0, 1], [1, 2]).ToBytes(), ["2 places"]),
        ["weights of other n-grams"] = (
            Ngrams([0, 1], [0], [1, 2], node => node.With("weights", [1f])).ToBytes(),
            ["1 weights for 2 n-grams"]),
        ["words by separators"] = (Words(node => node.With("separators", new[] { " " })).ToBytes(), ["'tokenexp'"]),
        ["words filled up with much"] = (
            Words(node => node.With("tokenexp", "a+").With("pad_value", new string('x', 100))).ToBytes(),
            ["short 'pad_value'"]),
        ["node's million of empty nodes"] = (Nodes(1_000_000), ["nodes", "MaxNodes"]),
        ["two bytes an object"] = (Objects(20_000_000), ["reading it takes", "MaxWorkingBytes"]),
    };

    private static TestGraph Ngrams(long[] places, long[] starts, long[] pool, Action<NodeProto>? change = null)
        => Good().Node("Cast", "x", "i", node => node.With("to", 7L)).Node("TfIdfVectorizer", "i", "z", node =>
        {
            node.With("ngram_indexes", places).With("ngram_counts", starts).With("pool_int64s", pool).With("mode", "TF");
            change?.Invoke(node.With("min_gram_length", 1L).With("max_gram_length", 1L).With("max_skip_count", 0L));
        });

    private static TestGraph Words(Action<NodeProto> change)
        => new TestGraph().Input("x", OnnxElementType.String, -1, 1)
            .Node("Identity", "x", "y")
            .Output("y", OnnxElementType.String, -1, 1)
            .Node("Tokenizer", "x", "z", node =>
        {
            node.Domain = "com.microsoft";
            change(node.With("mark", 0L).With("mincharnum", 1L));
        });

    public static IEnumerable<object[]> CaseNames => Cases.Keys.Concat(Bombs.Keys).Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(CaseNames))]
    public void CheckOnnx_OfAHostileFile_RefusesItAndSaysWhy(string name)
    {
        (byte[] file, string[] says) = Cases.TryGetValue(name, out var found) ? found : Bombs[name];

        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(() => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file)));

        foreach (string said in says)
        {
            StringAssert.Contains(refusal.Message, said, StringComparison.Ordinal);
        }

        Assert.ThrowsExactly<OnnxModelRefusedException>(() => Ml.MixedPrecision().Transforms.ApplyOnnxModel(file));
    }

    [TestMethod]
    public void CheckOnnx_OfTheFileThatTheCasesChange_AcceptsIt()
    {
        OnnxModelReport report = Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(Good().ToBytes()));

        CollectionAssert.AreEqual(new[] { "x" }, report.Inputs.ToArray());
        CollectionAssert.AreEqual(new[] { "y" }, report.Outputs.ToArray());
        Assert.AreEqual(1, report.Nodes);

        // x and y: 1024 rows of 4 numbers of 4 bytes each.
        Assert.AreEqual(2 * 1024 * 4 * 4, report.WorkingBytes);
    }

    /// <summary>A number of 16 bits takes 6 bytes, with a copy in FP32; a weight counts twice, as stored and as products read it.</summary>
    [TestMethod]
    public void CheckOnnx_OfHalvesAndWeights_CountsTheirCopies()
    {
        const OnnxElementType Half = OnnxElementType.Float16;
        static long Bytes(TestGraph graph) => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(graph.ToBytes())).WorkingBytes;

        Assert.AreEqual(2 * 1024 * 4 * 6, Bytes(new TestGraph().Input("x", Half, -1, 4).Node("Relu", "x", "y").Output("y", Half, -1, 4)));
        Assert.AreEqual((2 * 1024 * 4 * 4) + (2 * 1000 * 4), Bytes(Good().Constant("w", Float, new float[1000], 1000)));
    }

    [TestMethod]
    public void CheckOnnx_OfAFileAboveItsBytes_ReadsNoFurther()
    {
        var limits = new OnnxModelLimits { MaxBytes = 10 };

        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(
            () => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(new byte[11]), limits));

        StringAssert.Contains(refusal.Message, "11 bytes", StringComparison.Ordinal);
        StringAssert.Contains(refusal.Message, "MaxBytes", StringComparison.Ordinal);
    }

    [TestMethod]
    public void CheckOnnx_OfAnAdditionalOperator_AcceptsIt()
    {
        byte[] file = Good().Numbers("n", 1, 2).Node("Tile", "x n", "z").Output("z", Float, -1, 8).ToBytes();

        OnnxModelReport report = Ml.MixedPrecision().Model.CheckOnnx(
            new MemoryStream(file),
            new OnnxModelLimits { AdditionalOperators = ["Tile"] });

        CollectionAssert.AreEqual(new[] { "y", "z" }, report.Outputs.ToArray());
    }

    [TestMethod]
    public void CheckOnnx_OfInfiniteWeights_AcceptsThemIfAllowed()
        => Ml.MixedPrecision().Model.CheckOnnx(
            new MemoryStream(Good().Constant("w", Float, [float.PositiveInfinity], 1).ToBytes()),
            new OnnxModelLimits { AllowNonFiniteWeights = true });

    [TestMethod]
    public void Bombs_InAProcessOfItsOwn_AreRefusedWithoutMemory()
    {
        string[] names = [.. Bombs.Keys.Where(name => Bombs[name].File.Length < 1 << 20)];

        List<Application> results = MutantProcess.Run(names.Select(name => Bombs[name].File), Flower.Rows(Ml, 10), 64L << 20);

        Assert.HasCount(names.Length, results);
        for (int i = 0; i < names.Length; i++)
        {
            Assert.AreEqual("refused", results[i].Outcome, $"{names[i]}: {results[i]}");
            Assert.IsLessThan(16 << 10, results[i].MemoryKiB, $"{names[i]}: {results[i]}");
        }
    }

    [TestMethod]
    public void AcceptedModel_WithLargeValues_TakesNoMoreThanItsBound()
    {
        byte[] file = new TestGraph()
            .Input("Petal", Float, -1, 2)
            .Constant("w", Float, new float[2 << 14], 2, 1 << 14)
            .Constant("k", Float, new float[31 * 31], 1, 1, 31, 31)
            .Numbers("image", -1, 1, 128, 128)
                .Numbers("axes", 1, 2, 3)
                .Node("MatMul", "Petal w", "wide")
                .Node("Reshape", "wide image", "images")
            .Node("Conv", "images k", "convolved", node => node.With("pads", new long[] { 15, 15, 15, 15 }))
                .Node("Exp", "convolved", "exp")
                .Node("Softplus", "exp", "soft")
            .Node("ReduceMean", "soft axes", "y", node => node.With("keepdims", 0L)).Output("y", Float, -1).ToBytes();
        OnnxModelReport report = Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file), batchSize: 64);

        // The first run pays for what every process pays once.
        List<Application> results = MutantProcess.Run(
            [
                Good().With(model => model.Graph.Input[0].Name = model.Graph.Node[0].Input[0] = "Petal")
                    .With(model => model.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = 2)
                    .ToBytes(),
                file],
            Flower.Rows(Ml, 64),
            1L << 30);

        Assert.IsTrue(results.All(result => result.Outcome == "ran"), string.Join(Environment.NewLine, results));
        Assert.IsLessThan(report.WorkingBytes >> 10, results[1].MemoryKiB, $"{results[1]}, bound {report.WorkingBytes}");
    }

    /// <summary>y = relu(x), 4 numbers a row.</summary>
    private static TestGraph Good() => new TestGraph().Input("x", Float, -1, 4).Node("Relu", "x", "y").Output("y", Float, -1, 4);

    /// <summary>The same with a column and a row of 100,000 numbers.</summary>
    private static TestGraph Outer()
        => Good().Constant("column", Float, new float[100_000], 100_000, 1).Constant("row", Float, new float[100_000], 1, 100_000);

    private static TestGraph Doubling(int times)
    {
        var graph = Good();
        for (int i = 0; i < times; i++)
        {
            graph.Node("Concat", i == 0 ? "x x" : $"c{i - 1} c{i - 1}", $"c{i}", node => node.With("axis", 1L));
        }

        return graph;
    }

    /// <summary>Each value takes 1024 · 400 · 4 bytes, all together 4.9 GB.</summary>
    private static TestGraph Many(int values)
    {
        var graph = Good().Node("Concat", string.Join(' ', Enumerable.Repeat("x", 100)), "wide", node => node.With("axis", 1L));
        for (int i = 0; i < values; i++)
        {
            graph.Node("Neg", "wide", $"v{i}");
        }

        return graph;
    }

    /// <summary>Pads by 2²⁸ divided by the square of the number of rows: harmless in a batch of 1024, 1 GiB in one of 1.</summary>
    private static TestGraph PadByRows() => Good().Numbers("much", 0, 0, 0, 1 << 28).Node("Shape", "x", "s").Numbers("first", 0)
        .Node("Gather", "s first", "n").Node("Mul", "n n", "nn").Node("Div", "much nn", "pads").Node("Pad", "x pads", "z");

    private static NodeProto Tree(NodeProto node, long yes, long no) => node
        .With("nodes_treeids", [0L, 0, 0])
            .With("nodes_nodeids", [0L, 1, 2])
            .With("nodes_featureids", [0L, 0, 0])
            .With("nodes_values", [0.5f, 0, 0])
        .With("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"]).With("nodes_truenodeids", [yes, 0, 0]).With("nodes_falsenodeids", [no, 0, 0])
        .With("target_treeids", [0L, 0]).With("target_nodeids", [1L, 2]).With("target_ids", [0L, 0]).With("target_weights", [1f, 2]);

    private static NodeProto Chain(NodeProto node, int depth)
    {
        int nodes = (2 * depth) + 1;
        long[] ids = [.. Enumerable.Range(0, nodes).Select(id => (long)id)];
        return node.With("nodes_treeids", new long[nodes])
            .With("nodes_nodeids", ids)
            .With("nodes_featureids", new long[nodes])
            .With("nodes_values", new float[nodes])
            .With(
                "nodes_modes",
                ids.Select(id => id % 2 == 0 && id < nodes - 1 ? "BRANCH_LEQ" : "LEAF")).With(
                    "nodes_truenodeids", ids.Select(id => Math.Min(id + 2, nodes - 1)))
            .With("nodes_falsenodeids", ids.Select(id => Math.Min(id + 1, nodes - 1)))
            .With("target_treeids", [0L]).With("target_nodeids", [(long)nodes - 1]).With("target_ids", [0L]).With("target_weights", [1f]);
    }

    /// <summary>A field of one byte and no contents, put into the graph of a good file.</summary>
    private static byte[] WithGraphField(int number) => Model(graph: [.. Good().Graph.ToByteArray(), (byte)((number << 3) | 2), 0]);

    private static byte[] WithAttributeField(int number)
    {
        byte[] attribute = [
            .. new AttributeProto { Name = "a", Type = AttributeProto.Types.AttributeType.Int, I = 1 }.ToByteArray(),
            .. Tag(number),
            0];
        byte[] node = [
            .. new NodeProto { OpType = "Relu", Input = { "x" }, Output = { "z" } }.ToByteArray(),
            0x2A,
            (byte)attribute.Length,
            .. attribute];
        return Model(graph: [.. Good().Graph.ToByteArray(), 0x0A, (byte)node.Length, .. node]);
    }

    private static byte[] Tag(int number)
        => number < 16 ? [(byte)((number << 3) | 2)] : [(byte)(((number << 3) | 2) | 0x80), (byte)(number >> 4)];

    /// <summary>A file around the bytes of a graph.</summary>
    private static byte[] Model(byte[] graph)
    {
        using var stream = new MemoryStream();
        stream.Write(Good().With(model => model.Graph = null).ToBytes());
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(7, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(graph));
        }

        return stream.ToArray();
    }

    /// <summary>Subgraphs inside each other.</summary>
    private static byte[] Deep(int depth)
    {
        var graph = new GraphProto();
        for (int i = 0; i < depth; i++)
        {
            graph = new GraphProto
            {
                Node = { new NodeProto { OpType = "If", Attribute = { new AttributeProto { Name = "a", G = graph } } } },
            };
        }

        return Good().With(model => model.Graph = graph).ToBytes();
    }

    private static byte[] Nodes(int count) => Model([.. Enumerable.Repeat<byte[]>([0x0A, 0], count).SelectMany(node => node)]);

    private static byte[] Objects(int count) => Model([.. Enumerable.Repeat<byte[]>([0x2A, 0], count).SelectMany(tensor => tensor)]);
}
