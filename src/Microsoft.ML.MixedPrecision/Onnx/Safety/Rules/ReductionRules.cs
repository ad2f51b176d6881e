using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Operators that make one element of many.</summary>
internal static class ReductionRules
{
    /// <summary>Sums, means and the like over some axes, or all.</summary>
    public static ValueSize[] Reduce(OperatorCall call)
    {
        var x = call.Input(0);
        long[]? axes = call.Ints("axes", 1);
        if (axes is null or [] && call.Int("noop_with_empty_axes", 0) != 0)
        {
            return [x with { Known = null }];
        }

        var reduced = (axes is null or [] ? Enumerable.Range(0, x.Rank) : axes.Select(axis => call.Axis(axis, x.Rank))).ToHashSet();
        return [x.In(Without(x, reduced, call.Int("keepdims", 1) != 0))];
    }

    /// <summary>Places of largest or smallest elements.</summary>
    public static ValueSize[] Arg(OperatorCall call)
    {
        var x = call.Input(0);
        return [new(OnnxElementType.Int64, Without(x, [call.Axis(call.Int("axis", 0), x.Rank)], call.Int("keepdims", 1) != 0))];
    }

    /// <summary>The k largest or smallest along an axis, and their places.</summary>
    public static ValueSize[] TopK(OperatorCall call)
    {
        var x = call.Input(0);
        int axis = call.Axis(call.Int("axis", -1), x.Rank);
        long k = call.Has("k") ? call.Int("k", 0) : call.Ints("k", 1) is [var only] ? only : throw call.Refuse("its k is not one number");
        if (k < 0 || k > x.Shape[axis])
        {
            throw call.Refuse($"the {k} largest of {x.Shape[axis]} do not exist");
        }

        var y = x.In([.. x.Shape.Select((size, index) => index == axis ? k : size)]);
        return [y, y.Of(OnnxElementType.Int64)];
    }

    private static long[] Without(ValueSize x, HashSet<int> axes, bool keep)
        => [.. x.Shape.Select((size, index) => axes.Contains(index) ? 1 : size).Where((_, index) => keep || !axes.Contains(index))];
}
