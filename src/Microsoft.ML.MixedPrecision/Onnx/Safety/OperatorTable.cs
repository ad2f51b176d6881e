using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>
/// The operators that are accepted, each with what it makes of its inputs. Left out are those whose result has a size that no input has
/// (Tile, Expand, ConstantOfShape, Range, Resize, NonZero …), that run graphs or sequences, or that make texts longer.
/// </summary>
/// <remarks>Source: https://github.com/onnx/onnx/blob/main/docs/Operators.md.</remarks>
internal static class OperatorTable
{
    private static readonly Dictionary<string, SizeRule> Rules = Create();

    /// <summary>The rule of an operator; null if it is not accepted.</summary>
    /// <param name="name">Its name, see <see cref="NameOf"/>.</param>
    public static SizeRule? Find(string name) => Rules.GetValueOrDefault(name);

    /// <summary>The name of a node's operator, with the domain before it if that is not the default one.</summary>
    public static string NameOf(NodeProto node)
        => DomainOf(node.Domain) is { Length: > 0 } domain ? $"{domain}.{node.OpType}" : node.OpType;

    /// <summary>A domain by its shorter name: <c>ai.onnx</c> is the default one.</summary>
    public static string DomainOf(string domain) => domain == "ai.onnx" ? "" : domain;

    private static Dictionary<string, SizeRule> Create()
    {
        var rules = new Dictionary<string, SizeRule>(StringComparer.Ordinal);
        AddElementwise(rules);
        AddShapes(rules);
        AddProducts(rules);
        AddMachineLearning(rules);
        return rules;
    }

    private static void AddElementwise(Dictionary<string, SizeRule> rules)
    {
        Add(rules, ElementwiseRules.Same, "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Clip Cos Cosh CumSum Elu Erf Exp Floor "
            + "HardSigmoid Hardmax InstanceNormalization LRN LeakyRelu Log LogSoftmax LpNormalization Neg Not Reciprocal Relu Round Selu "
            + "Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu Trilu");
        Add(rules, ElementwiseRules.SameByFunction, "Celu Gelu GroupNormalization HardSwish MeanVarianceNormalization Mish "
            + "RMSNormalization Swish");
        Add(rules, ElementwiseRules.Test, "IsInf IsNaN RegexFullMatch");
        Add(rules, ElementwiseRules.Broadcast, "And BitShift BitwiseAnd BitwiseOr BitwiseXor Max Mean Min Mod Or PRelu Pow Sum Xor");
        Add(rules, ElementwiseRules.Compare, "Equal Greater GreaterOrEqual Less LessOrEqual");
        rules["Add"] = ElementwiseRules.Arithmetic((a, b) => checked(a + b));
        rules["Sub"] = ElementwiseRules.Arithmetic((a, b) => checked(a - b));
        rules["Mul"] = ElementwiseRules.Arithmetic((a, b) => checked(a * b));
        rules["Div"] = ElementwiseRules.Arithmetic((a, b) => a / b);
        rules["Where"] = ElementwiseRules.Where;
        rules["Identity"] = ElementwiseRules.Identity;
        rules["Cast"] = ElementwiseRules.Cast;
        rules["CastLike"] = ElementwiseRules.CastLike;
        rules["Dropout"] = ElementwiseRules.Dropout;
        rules["BatchNormalization"] = ElementwiseRules.BatchNormalization;
        rules["LayerNormalization"] = ElementwiseRules.LayerNormalization;
        rules["StringNormalizer"] = ElementwiseRules.StringNormalizer;
        rules["QuantizeLinear"] = ElementwiseRules.Quantize;
        rules["DequantizeLinear"] = ElementwiseRules.Dequantize;
    }

    private static void AddShapes(Dictionary<string, SizeRule> rules)
    {
        rules["Reshape"] = ShapeRules.Reshape;
        rules["Flatten"] = ShapeRules.Flatten;
        rules["Transpose"] = ShapeRules.Transpose;
        rules["Squeeze"] = ShapeRules.Squeeze;
        rules["Unsqueeze"] = ShapeRules.Unsqueeze;
        rules["Concat"] = ShapeRules.Concat;
        rules["Split"] = ShapeRules.Split;
        rules["Slice"] = ShapeRules.Slice;
        rules["Pad"] = ShapeRules.Pad;
        rules["DepthToSpace"] = ShapeRules.DepthToSpace;
        rules["SpaceToDepth"] = ShapeRules.SpaceToDepth;
        rules["Constant"] = SelectionRules.Constant;
        rules["Shape"] = SelectionRules.Shape;
        rules["Size"] = SelectionRules.Size;
        rules["Gather"] = SelectionRules.Gather;
        rules["GatherElements"] = SelectionRules.GatherElements;
        rules["OneHot"] = SelectionRules.OneHot;
    }

    private static void AddProducts(Dictionary<string, SizeRule> rules)
    {
        rules["MatMul"] = ProductRules.MatMul;
        rules["MatMulInteger"] = ProductRules.MatMulInteger;
        rules["Gemm"] = ProductRules.Gemm;
        rules["Conv"] = WindowRules.Conv;
        Add(rules, WindowRules.Pool, "AveragePool LpPool MaxPool");
        Add(rules, WindowRules.GlobalPool, "GlobalAveragePool GlobalLpPool GlobalMaxPool");
        Add(rules, ReductionRules.Reduce, "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
            + "ReduceSum ReduceSumSquare");
        Add(rules, ReductionRules.Arg, "ArgMax ArgMin");
        rules["TopK"] = ReductionRules.TopK;
    }

    private static void AddMachineLearning(Dictionary<string, SizeRule> rules)
    {
        const string Domain = OnnxGraphBuilder.MachineLearningDomain;
        Add(rules, ElementwiseRules.Same, $"{Domain}.Binarizer {Domain}.Imputer");
        Add(rules, MachineLearningRules.Floats, $"{Domain}.Normalizer {Domain}.Scaler");
        rules[$"{OnnxModelFile.RuntimeDomain}.ExpandDims"] = ShapeRules.ExpandDims;
        rules[$"{OnnxModelFile.RuntimeDomain}.MurmurHash3"] = MachineLearningRules.MurmurHash;
        rules[$"{OnnxModelFile.RuntimeDomain}.Tokenizer"] = MachineLearningRules.Tokenizer;
        rules["TfIdfVectorizer"] = MachineLearningRules.TfIdfVectorizer;
        rules[$"{Domain}.ArrayFeatureExtractor"] = MachineLearningRules.ArrayFeatureExtractor;
        rules[$"{Domain}.CategoryMapper"] = MachineLearningRules.CategoryMapper;
        rules[$"{Domain}.FeatureVectorizer"] = MachineLearningRules.FeatureVectorizer;
        rules[$"{Domain}.LabelEncoder"] = MachineLearningRules.LabelEncoder;
        rules[$"{Domain}.LinearClassifier"] = MachineLearningRules.LinearClassifier;
        rules[$"{Domain}.LinearRegressor"] = MachineLearningRules.LinearRegressor;
        rules[$"{Domain}.OneHotEncoder"] = MachineLearningRules.OneHotEncoder;
        rules[$"{Domain}.TreeEnsembleClassifier"] = MachineLearningRules.TreeEnsembleClassifier;
        rules[$"{Domain}.TreeEnsembleRegressor"] = MachineLearningRules.TreeEnsembleRegressor;
    }

    private static void Add(Dictionary<string, SizeRule> rules, SizeRule rule, string names)
    {
        foreach (string name in names.Split(' '))
        {
            rules.Add(name, rule);
        }
    }
}
