using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Constants, shapes as values, and picking of elements.</summary>
internal static class SelectionRules
{
    private static readonly string[] ConstantForms = [
        "value",
        "value_float",
        "value_floats",
        "value_int",
        "value_ints",
        "value_string",
        "value_strings"];

    /// <summary>The value of an attribute.</summary>
    public static ValueSize[] Constant(OperatorCall call)
    {
        if (ConstantForms.Count(call.Has) != 1)
        {
            throw call.Refuse("it must have exactly one value");
        }

        if (call.Tensor("value") is { } tensor)
        {
            return [TensorCheck.SizeOf(tensor)];
        }

        if (call.Ints("value_ints") is { } numbers)
        {
            return [new(OnnxElementType.Int64, [numbers.Length], numbers.Length <= ValueSize.MaxKnown ? numbers : null)];
        }

        if (call.Has("value_int"))
        {
            return [new(OnnxElementType.Int64, [], [call.Int("value_int", 0)])];
        }

        if (call.Has("value_floats"))
        {
            return [new(OnnxElementType.Float, [call.FloatCount("value_floats")])];
        }

        if (call.Has("value_strings"))
        {
            return [new(OnnxElementType.String, [call.StringCount("value_strings")])];
        }

        return [new(call.Has("value_float") ? OnnxElementType.Float : OnnxElementType.String, [])];
    }

    /// <summary>The dimensions as numbers, or a range of them.</summary>
    public static ValueSize[] Shape(OperatorCall call)
    {
        long[] shape = call.Input(0).Shape;
        int from = Place(call.Int("start", 0)), to = Place(call.Int("end", shape.Length));
        long[] part = from < to ? shape[from..to] : [];
        return [new(OnnxElementType.Int64, [part.Length], part)];

        int Place(long index) => (int)Math.Clamp(index < 0 ? index + shape.Length : index, 0, shape.Length);
    }

    /// <summary>The number of elements.</summary>
    public static ValueSize[] Size(OperatorCall call) => [new(OnnxElementType.Int64, [], [call.Input(0).Elements])];

    /// <summary>The elements at given places of an axis: the places' shape stands where the axis was.</summary>
    public static ValueSize[] Gather(OperatorCall call)
    {
        ValueSize x = call.Input(0), places = call.Input(1);
        int axis = call.Axis(call.Int("axis", 0), x.Rank);
        long[]? known = x.Rank == 1 && x.Known is not null && places.Known is { } indices ? Pick(call, x.Known, indices) : null;
        return [new(x.Type, [.. x.Shape[..axis], .. places.Shape, .. x.Shape[(axis + 1)..]], known)];
    }

    /// <summary>One element for each place.</summary>
    public static ValueSize[] GatherElements(OperatorCall call) => [new(call.TypeOf(0), call.Input(1).Shape)];

    /// <summary>A new axis in which one of <c>depth</c> elements is on.</summary>
    public static ValueSize[] OneHot(OperatorCall call)
    {
        var x = call.Input(0);
        long depth = call.Ints("depth", 1) is [var only] ? only : throw call.Refuse("its depth is not one number");
        if (depth < 1)
        {
            throw call.Refuse($"its depth is {depth}");
        }

        int axis = call.Axis(call.Int("axis", -1), x.Rank + 1);
        return [new(call.TypeOf(2), [.. x.Shape[..axis], depth, .. x.Shape[axis..]])];
    }

    private static long[] Pick(OperatorCall call, long[] values, long[] places)
        => [.. places.Select(place => place >= -values.Length && place < values.Length
            ? values[place < 0 ? place + values.Length : place]
            : throw call.Refuse($"it takes element {place} of {values.Length}"))];
}
