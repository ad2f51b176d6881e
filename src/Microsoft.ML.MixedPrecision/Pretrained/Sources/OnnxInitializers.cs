using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>
/// The weights of an ONNX file under the names that its exporter had them by. An exporter keeps the names of biases, norms and tables, but
/// stores the matrix of a product transposed and without a name: it is what an <c>Add</c> with an initializer <c>X.bias</c> adds to, and
/// becomes <c>X.weight</c>. A <c>Gemm</c> keeps its names, and its matrix lies as <c>transB</c> says.
/// </summary>
internal sealed class OnnxInitializers : ITensorSource
{
    private const string Weight = ".weight", Bias = ".bias";

    private readonly Dictionary<string, (TensorProto Tensor, bool IsTransposed)> _tensors = new(StringComparer.Ordinal);

    private OnnxInitializers(string path, GraphProto graph)
    {
        Path = path;
        Dictionary<string, TensorProto> initializers = [];
        foreach (TensorProto tensor in graph.Initializer)
        {
            initializers[tensor.Name] = tensor;
            if (IsName(tensor.Name))
            {
                _tensors[tensor.Name] = (tensor, false);
            }
        }

        Dictionary<string, NodeProto> makers = [];
        foreach (NodeProto node in graph.Node)
        {
            foreach (string output in node.Output)
            {
                makers[output] = node;
            }
        }

        foreach (NodeProto node in graph.Node)
        {
            AddProduct(node, initializers, makers);
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes => field ??= _tensors.ToDictionary(
        pair => pair.Key,
        pair => (IReadOnlyList<long>)(pair.Value.IsTransposed ? [.. pair.Value.Tensor.Dims.Reverse()] : [.. pair.Value.Tensor.Dims]),
        StringComparer.Ordinal);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no ONNX file.</exception>
    public static OnnxInitializers Open(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            var model = ModelProto.Parser.ParseFrom(stream);
            return model.Graph is { } graph
                ? new OnnxInitializers(path, graph)
                : throw new InvalidDataException($"'{path}' is no ONNX file: it holds no graph. Download it again.");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"'{path}' is no undamaged ONNX file: {e.Message} Download it again.", e);
        }
    }

    /// <inheritdoc/>
    public float[] Read(string name)
    {
        (TensorProto tensor, bool isTransposed) = _tensors[name];
        float[] values = Values(name, tensor);
        return isTransposed ? Transposed(values, (int)tensor.Dims[0], (int)tensor.Dims[1]) : values;
    }

    private static bool IsName(string name)
        => name.Contains('.', StringComparison.Ordinal) && (name.EndsWith(Weight, StringComparison.Ordinal)
            || name.EndsWith(Bias, StringComparison.Ordinal)
            || name.EndsWith(".gamma", StringComparison.Ordinal)
            || name.EndsWith(".beta", StringComparison.Ordinal));

    private static float[] Transposed(float[] values, int rows, int columns)
    {
        var transposed = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                transposed[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return transposed;
    }

    /// <summary>Names the matrix of a product.</summary>
    private void AddProduct(NodeProto node, Dictionary<string, TensorProto> initializers, Dictionary<string, NodeProto> makers)
    {
        (string? matrix, string? bias, bool isTransposed) = node switch
        {
            { OpType: "Gemm", Input: [_, var b, var c] } => (b, c, node.Attribute.FirstOrDefault(it => it.Name == "transB")?.I != 1),
            { OpType: "Add", Input: [var left, var right] } => Product(left, right) ?? Product(right, left) ?? (null, null, false),
            _ => (null, null, false),
        };
        if (matrix is not null
            && bias is not null
            && bias.EndsWith(Bias, StringComparison.Ordinal)
            && initializers.TryGetValue(matrix, out TensorProto? tensor)
            && tensor.Dims.Count == 2)
        {
            _tensors[bias[..^Bias.Length] + Weight] = (tensor, isTransposed);
        }

        (string? Matrix, string? Bias, bool IsTransposed)? Product(string bias, string product)
            => initializers.ContainsKey(bias) && makers.TryGetValue(product, out NodeProto? maker) && maker is { OpType: "MatMul" }
                ? (maker.Input[1], bias, true)
                : null;
    }

    private float[] Values(string name, TensorProto tensor)
    {
        long count = tensor.Dims.Aggregate(1L, (product, length) => checked(product * length));
        var type = (OnnxElementType)tensor.DataType;
        if (type == OnnxElementType.Float && !tensor.HasRawData && tensor.FloatData.Count == count)
        {
            return [.. tensor.FloatData];
        }

        string format = type switch
        {
            OnnxElementType.Float => "F32",
            OnnxElementType.Float16 => "F16",
            OnnxElementType.BFloat16 => "BF16",
            OnnxElementType.Double => "F64",
            _ => type.ToString(),
        };
        if (TensorNumbers.BytesOf(format) is not { } bytes || tensor.RawData.Length != count * bytes)
        {
            throw new InvalidDataException($"The weights '{name}' of '{Path}' are {count} numbers of {format}, of which the file has "
                + $"{tensor.RawData.Length} bytes; {TensorNumbers.Allowed}, of files that hold their weights themselves. Give an ONNX "
                + "file that is not quantized, or model.safetensors.");
        }

        var values = new float[count];
        TensorNumbers.Read(format, tensor.RawData.Span, values);
        return values;
    }
}
