using Microsoft.ML.MixedPrecision.Onnx.Graph;
using static Microsoft.ML.MixedPrecision.Onnx.Graph.AttributeProto.Types;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>
/// Checks the attributes of nodes: one of each name, of one kind, of a sane magnitude. One without a value is 0, an empty text or an empty
/// list: writers of proto3, as
/// ML.NET's <c>ConvertToOnnx</c> is, leave such values out.
/// </summary>
/// <remarks>Source: <c>check_attribute</c> in https://github.com/onnx/onnx/blob/main/onnx/checker.cc.</remarks>
/// <param name="limits">The limits.</param>
/// <param name="tensors">Checks those that are tensors.</param>
internal sealed class AttributeCheck(OnnxModelLimits limits, TensorCheck tensors)
{
    /// <summary>Whole numbers that are data, not sizes: any value is meant.</summary>
    private static readonly HashSet<string> Data =
    [
        "starts",
        "ends",
        "value_int",
        "value_ints",
        "keys_int64s",
        "values_int64s",
        "default_int64",
        "cats_int64s",
        "classlabels_int64s",
        "classlabels_ints",
        "imputed_value_int64s", "replaced_value_int64", "seed",
    ];

    /// <summary>Numbers in FP32 that may be missing on purpose: what to replace, or with what.</summary>
    private static readonly HashSet<string> MayBeMissing = [
        "replaced_value_float",
        "imputed_value_floats",
        "keys_floats",
        "values_floats",
        "default_float",
        "value_float",
        "value_floats",
        "value"];

    /// <summary>Checks all attributes of a node.</summary>
    /// <exception cref="OnnxModelRefusedException">One is not accepted.</exception>
    public void Check(NodeProto node)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attribute in node.Attribute)
        {
            string what = $"attribute '{attribute.Name}' of node {OperatorCall.Describe(node)}";
            if (!names.Add(attribute.Name))
            {
                throw Refusal.Damaged($"{what} occurs twice");
            }

            CheckKind(attribute, what);
            CheckNumbers(attribute, what);
            if (attribute.T is { } tensor)
            {
                tensors.Check(tensor, what);
            }
        }
    }

    /// <summary>Whether an attribute holds no infinite or missing number, but where one may be meant.</summary>
    public static bool IsFinite(AttributeProto attribute)
        => MayBeMissing.Contains(attribute.Name) || (float.IsFinite(attribute.F) && attribute.Floats.All(float.IsFinite));

    private static void CheckKind(AttributeProto attribute, string what)
    {
        if (attribute.G is not null || attribute.Type == AttributeType.Graph)
        {
            throw Refusal.Because($"{what} is a subgraph", "Export the model without If, Loop and Scan.");
        }

        AttributeType[] found = [.. Kinds(attribute)];
        bool fits = attribute.RefAttrName.Length == 0 && attribute.Type switch
        {
            AttributeType.Tensor => found is [AttributeType.Tensor],
            AttributeType.Float or AttributeType.Int or AttributeType.String
                or AttributeType.Floats or AttributeType.Ints or AttributeType.Strings
                => found.Length == 0 || (found is [var only] && only == attribute.Type),
            _ => false,
        };
        if (!fits)
        {
            throw Refusal.Damaged($"{what} says that it is {attribute.Type} and holds "
                + $"{(found.Length == 0 ? "nothing" : string.Join(" and ", found))}");
        }
    }

    private static IEnumerable<AttributeType> Kinds(AttributeProto attribute)
    {
        if (attribute.HasF)
        {
            yield return AttributeType.Float;
        }

        if (attribute.HasI)
        {
            yield return AttributeType.Int;
        }

        if (attribute.HasS)
        {
            yield return AttributeType.String;
        }

        if (attribute.T is not null)
        {
            yield return AttributeType.Tensor;
        }

        if (attribute.Floats.Count > 0)
        {
            yield return AttributeType.Floats;
        }

        if (attribute.Ints.Count > 0)
        {
            yield return AttributeType.Ints;
        }

        if (attribute.Strings.Count > 0)
        {
            yield return AttributeType.Strings;
        }
    }

    private void CheckNumbers(AttributeProto attribute, string what)
    {
        if (!Data.Contains(attribute.Name))
        {
            CheckMagnitude(attribute.I, what);
            foreach (long number in attribute.Ints)
            {
                CheckMagnitude(number, what);
            }
        }

        if (!limits.AllowNonFiniteWeights && !IsFinite(attribute))
        {
            throw Refusal.Because($"{what} holds a number that is not finite", $"Train the model again, or set "
                + $"{nameof(OnnxModelLimits)}.{nameof(OnnxModelLimits.AllowNonFiniteWeights)} if that is meant.");
        }
    }

    private void CheckMagnitude(long number, string what)
    {
        if (number > limits.MaxAttribute || number < -limits.MaxAttribute)
        {
            throw Refusal.AboveLimit($"{what} is {number}", limits.MaxAttribute, nameof(OnnxModelLimits.MaxAttribute));
        }
    }
}
