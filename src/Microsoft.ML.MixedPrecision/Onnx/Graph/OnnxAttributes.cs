using Google.Protobuf;
using static Microsoft.ML.MixedPrecision.Onnx.Graph.AttributeProto.Types;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Sets and takes the attributes of a node.</summary>
internal static class OnnxAttributes
{
    /// <summary>Adds an attribute that is a whole number.</summary>
    public static NodeProto With(this NodeProto node, string name, long value)
        => node.With(new AttributeProto { Name = name, Type = AttributeType.Int, I = value });

    /// <summary>Adds an attribute that is a number in FP32.</summary>
    public static NodeProto With(this NodeProto node, string name, float value)
        => node.With(new AttributeProto { Name = name, Type = AttributeType.Float, F = value });

    /// <summary>Adds an attribute that is a text.</summary>
    public static NodeProto With(this NodeProto node, string name, string value)
        => node.With(new AttributeProto { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) });

    /// <summary>Adds an attribute that is a tensor.</summary>
    public static NodeProto With(this NodeProto node, string name, TensorProto value)
        => node.With(new AttributeProto { Name = name, Type = AttributeType.Tensor, T = value });

    /// <summary>Adds an attribute that is a list of whole numbers.</summary>
    public static NodeProto With(this NodeProto node, string name, IEnumerable<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return node.With(attribute);
    }

    /// <summary>Adds an attribute that is a list of numbers in FP32.</summary>
    public static NodeProto With(this NodeProto node, string name, IEnumerable<float> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return node.With(attribute);
    }

    /// <summary>Adds an attribute that is a list of texts.</summary>
    public static NodeProto With(this NodeProto node, string name, IEnumerable<string> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Strings };
        attribute.Strings.AddRange(values.Select(ByteString.CopyFromUtf8));
        return node.With(attribute);
    }

    /// <summary>The attribute of that name, or null.</summary>
    public static AttributeProto? Find(this NodeProto node, string name)
        => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    private static NodeProto With(this NodeProto node, AttributeProto attribute)
    {
        node.Attribute.Add(attribute);
        return node;
    }
}
