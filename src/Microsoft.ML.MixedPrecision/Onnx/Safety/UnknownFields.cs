using Google.Protobuf.Reflection;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Names what a file holds in fields that are not accepted.</summary>
/// <remarks>Source of the numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.</remarks>
internal static class UnknownFields
{
    private static readonly Dictionary<(string Message, int Field), string> Names = new()
    {
        [("ModelProto", 20)] = "training information (training_info)",
        [("ModelProto", 25)] = "functions of its own (functions)",
        [("ModelProto", 26)] = "settings of devices (configuration)",
        [("GraphProto", 14)] = "annotations of quantization (quantization_annotation)",
        [("GraphProto", 15)] = "sparse weights (sparse_initializer)",
        [("NodeProto", 10)] = "settings of devices (device_configurations)",
        [("AttributeProto", 10)] = "an attribute that is a list of tensors",
        [("AttributeProto", 11)] = "an attribute that is a list of subgraphs",
        [("AttributeProto", 14)] = "an attribute that is a type",
        [("AttributeProto", 15)] = "an attribute that is a list of types",
        [("AttributeProto", 22)] = "an attribute that is a sparse tensor",
        [("AttributeProto", 23)] = "an attribute that is a list of sparse tensors",
        [("TensorProto", 3)] = "a tensor in segments",
    };

    /// <summary>The refusal of a field.</summary>
    /// <param name="type">The message that it is in.</param>
    /// <param name="number">Its number.</param>
    public static OnnxModelRefusedException Refuse(MessageDescriptor type, int number)
        => Names.TryGetValue((type.Name, number), out string? name)
            ? Refusal.Because(
                $"it holds {name}, which is not accepted",
                "Export the model again without it, as tensors and operators only.")
            : Refusal.Damaged($"field {number} of {type.Name} is not known");
}
