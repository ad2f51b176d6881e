using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>Hostile files that one check alone finds each: without it, the file would be accepted or refused for another reason.</summary>
internal static class HostileDetails
{
    private const OnnxElementType Float = OnnxElementType.Float;

    /// <summary>Name, file, and parts of the refusal.</summary>
    public static Dictionary<string, (byte[] File, string[] Says)> Cases => new(Frames.Concat(Constants).Concat(Graphs).Concat(Operators));

    private static Dictionary<string, (byte[] File, string[] Says)> Frames => new()
    {
        ["new machine learning"] = (
            Good().MachineLearning("Binarizer", "x", "z")
                .With(model => model.OpsetImport[^1].Version = 99)
                .ToBytes(), ["version 99", "ai.onnx.ml"]),
        ["huge positive attribute"] = (
            Good().Node("Softmax", "x", "z", node => node.With("axis", 1L << 25)).ToBytes(),
            ["'axis'", "MaxAttribute"]),
        ["huge attribute in a list"] = (
            Good().Node("Transpose", "x", "z", node => node.With("perm", new[] { 0L, 1L << 25 })).ToBytes(), ["'perm'", "MaxAttribute"]),
        ["infinity in a list"] = (
            Good().MachineLearning(
                "Scaler",
                "x",
                "z",
                node => node.With("scale", [float.PositiveInfinity])).ToBytes(), ["'scale'", "not finite"]),
        ["attribute's data outside"] = (
            Value(new TensorProto { DataType = 1, Dims = { 1 }, DataLocation = 1 }),
            ["'value'", "outside of the file"]),
        ["overload"] = (Good().Node("Relu", "x", "z", node => node.Overload = "f").ToBytes(), ["overload 'f'"]),
    };

    private static Dictionary<string, (byte[] File, string[] Says)> Constants => new()
    {
        ["too little data"] = (
            Good().Constant("w", Float, [1f], 1).With(model => model.Graph.Initializer[0].Dims[0] = 1000).ToBytes(),
            ["'w'", "1 elements of 1000"]),
        ["infinite bfloat"] = (Good().Constant("w", OnnxElementType.BFloat16, [(ushort)0x7F80], 1).ToBytes(), ["'w'", "not finite"]),
        ["infinite listed bfloat"] = (Listed(16, 0x7F80), ["'w'", "not finite"]),
        ["double that is no number"] = (Good().Constant("w", OnnxElementType.Double, [double.NaN], 1).ToBytes(), ["'w'", "not finite"]),
        ["no name"] = (Good().Constant("", Float, [1f], 1).ToBytes(), ["a constant has no name"]),
    };

    private static Dictionary<string, (byte[] File, string[] Says)> Graphs => new()
    {
        ["output twice"] = (Good().Output("y", Float, -1, 4).ToBytes(), ["the output 'y' occurs twice"]),
        ["input twice"] = (Good().Input("x", Float, -1, 4).ToBytes(), ["the input 'x' occurs twice"]),
        ["complex input"] = (
            new TestGraph().Input("x", (OnnxElementType)14, -1, 4)
                .Node("Identity", "x", "y")
                .Output("y", Float, -1, 4)
                .ToBytes(), ["'x'", "element type 14"]),
        ["rows by rows"] = (
            new TestGraph().Input("x", Float, -1, 4)
                .Node("Transpose", "x", "t")
                .Node("MatMul", "x t", "y")
                .Output("y", Float, -1, -1)
                .ToBytes(),
            ["'y'", "another shape"]),
        ["output without elements"] = (
            new TestGraph().Input("x", Float, -1, 4)
                .Numbers("zero", 0)
                .Numbers("one", 1)
                .Node("Slice", "x zero zero one", "y")
                .Output("y", Float, -1, 0)
                .ToBytes(),
            ["'y'", "no elements"]),
        ["value of nine dimensions"] = (
            Good().Numbers("axes", 1, 2, 3, 4, 5, 6, 7).Node("Unsqueeze", "x axes", "z").ToBytes(),
            ["9 dimensions", "MaxRank"]),
        ["cut off too much"] = (Good().Numbers("pads", 0, -5, 0, 0).Node("Pad", "x pads", "z").ToBytes(), ["has the shape (1024, -1)"]),
        ["unfolding alone"] = (
            new TestGraph().Input("x", Float, -1, 1, 500, 500)
                .Constant("w", Float, new float[1 << 16], 1, 1, 256, 256)
                .Node("Conv", "x w", "y")
                .Output("y", Float, -1, 1, 245, 245).ToBytes(),
            ["MaxWorkingBytes"]),
        ["more outputs than the operator has"] = (Good().Node("Relu", "x", "z q").ToBytes(), ["has 2 outputs, where 1 are accepted"]),
    };

    private static Dictionary<string, (byte[] File, string[] Says)> Operators => new()
    {
        ["classifier of more scores than labels"] = (
            Good().MachineLearning("LinearClassifier", "x", "l z", node => node.With("coefficients", new float[12])
                .With("intercepts", new float[3]).With("classlabels_ints", [0L, 1])).ToBytes(),
            ["2 labels for 3 scores"]),
        ["more keys than values"] = (
            Good().MachineLearning(
                "LabelEncoder",
                "x",
                "z",
                node => node.With("keys_floats", [1f, 2]).With("values_floats", [1f])).ToBytes(),
            ["2 keys and 1 values"]),
        ["more names than numbers"] = (
            Good().MachineLearning(
                "CategoryMapper",
                "x",
                "z",
                node => node.With("cats_strings", ["a", "b"]).With("cats_int64s", [1L])).ToBytes(),
            ["more names than numbers"]),
        ["node of a tree that two lead to"] = (
            Tree(node => node.With("nodes_truenodeids", [1L, 0, 0]).With("nodes_falsenodeids", [1L, 0, 0])),
            ["two others lead"]),
        ["node of a tree that none leads to"] = (Tree(node => node.With("nodes_modes", ["LEAF", "LEAF", "LEAF"])), ["to which none leads"]),
        ["leaf of a target beyond"] = (Tree(node => node.With("target_ids", [0L, 5])), ["adds to target 5 of 1"]),
        ["leaves without weights"] = (Tree(node => node.With("target_weights", [1f])), ["lists of target have different lengths"]),
        ["texts left out"] = (
            new TestGraph().Input("x", OnnxElementType.String, -1, 1).Node(
                "StringNormalizer",
                "x",
                "y",
                node => node.With("stopwords", ["a"]))
                .Output("y", OnnxElementType.String, -1, 1).ToBytes(),
            ["'stopwords'"]),
        ["norm that trains"] = (
            Good().Node("BatchNormalization", "x x x x x", "z", node => node.With("training_mode", 1L)).ToBytes(),
            ["training mode"]),
        ["one of nothing"] = (
            Good().Node("Cast", "x", "i", node => node.With("to", 7L)).Numbers("depth", 0).Constant("v", Float, [0f, 1], 2)
                .Node("OneHot", "i depth v", "z").ToBytes(),
            ["its depth is 0"]),
    };

    /// <summary>y = relu(x), 4 numbers a row.</summary>
    private static TestGraph Good() => new TestGraph().Input("x", Float, -1, 4).Node("Relu", "x", "y").Output("y", Float, -1, 4);

    /// <summary>A constant made by a node.</summary>
    private static byte[] Value(TensorProto tensor) => Good().Node("Constant", "", "z", node => node.Attribute.Add(new AttributeProto
    {
        Name = "value",
        Type = AttributeProto.Types.AttributeType.Tensor,
        T = tensor,
    })).ToBytes();

    /// <summary>A constant of one number of 16 bits, in the list of whole numbers.</summary>
    private static byte[] Listed(int type, int bits)
        => Good().With(
            model => model.Graph.Initializer.Add(
                new TensorProto { Name = "w", DataType = type, Dims = { 1 }, Int32Data = { bits } })).ToBytes();

    /// <summary>A root with two leaves, and one list of it as a case wants it.</summary>
    private static byte[] Tree(Action<NodeProto> change) => Good().MachineLearning("TreeEnsembleRegressor", "x", "z", node =>
    {
        change(node);
        Add("nodes_treeids", [0L, 0, 0]);
        Add("nodes_nodeids", [0L, 1, 2]);
        Add("nodes_featureids", [0L, 0, 0]);
        Add("nodes_truenodeids", [1L, 0, 0]);
        Add("nodes_falsenodeids", [2L, 0, 0]);
        Add("target_treeids", [0L, 0]);
        Add("target_nodeids", [1L, 2]);
        Add("target_ids", [0L, 0]);
        node.With("nodes_values", [0.5f, 0, 0]);
        if (node.Find("nodes_modes") is null)
        {
            node.With("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"]);
        }

        if (node.Find("target_weights") is null)
        {
            node.With("target_weights", [1f, 2]);
        }

        void Add(string name, long[] values)
        {
            if (node.Find(name) is null)
            {
                node.With(name, values);
            }
        }
    }).ToBytes();
}
