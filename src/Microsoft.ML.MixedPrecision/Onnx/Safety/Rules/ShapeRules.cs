namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Operators that give the same elements another shape or order.</summary>
internal static class ShapeRules
{
    /// <summary>A shape given as numbers, where 0 keeps the input's dimension and −1 takes what is left.</summary>
    public static ValueSize[] Reshape(OperatorCall call)
    {
        var x = call.Input(0);
        long[] wanted = call.Ints("shape", 1) ?? throw call.Refuse("it has no shape");
        bool zeros = call.Int("allowzero", 0) != 0;
        var shape = new long[wanted.Length];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = wanted[i] == 0 && !zeros ? (i < x.Rank ? x.Shape[i] : throw NoFit(call, wanted)) : wanted[i];
        }

        int open = Array.IndexOf(shape, -1);
        if (open >= 0)
        {
            shape[open] = 1;
            long others = Array.Exists(shape, size => size < 0) ? -1 : ValueSize.Product(shape);
            shape[open] = others > 0 && x.Elements % others == 0 ? x.Elements / others : throw NoFit(call, wanted);
        }

        return Array.Exists(shape, size => size < 0) || ValueSize.Product(shape) != x.Elements
            ? throw NoFit(call, wanted)
            : [new(x.Type, shape, x.Known)];
    }

    /// <summary>All dimensions before an axis as one, and those behind it as another.</summary>
    public static ValueSize[] Flatten(OperatorCall call)
    {
        var x = call.Input(0);
        long axis = call.Int("axis", 1);
        int split = axis == x.Rank ? x.Rank : call.Axis(axis, x.Rank);
        return [x.In(ValueSize.Product(x.Shape.AsSpan(..split)), ValueSize.Product(x.Shape.AsSpan(split..)))];
    }

    /// <summary>The dimensions in another order.</summary>
    public static ValueSize[] Transpose(OperatorCall call)
    {
        var x = call.Input(0);
        long[] order = call.Ints("perm") ?? [.. Enumerable.Range(0, x.Rank).Reverse().Select(index => (long)index)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, x.Rank).Select(index => (long)index)))
        {
            throw call.Refuse($"perm ({string.Join(", ", order)}) is no order of the dimensions of {x}");
        }

        return [x.In([.. order.Select(index => x.Shape[index])])];
    }

    /// <summary>Without dimensions of 1.</summary>
    public static ValueSize[] Squeeze(OperatorCall call)
    {
        var x = call.Input(0);
        var gone = call.Ints("axes", 1)?.Select(axis => call.Axis(axis, x.Rank)).ToHashSet()
            ?? [.. Enumerable.Range(0, x.Rank).Where(index => x.Shape[index] == 1)];
        return gone.All(index => x.Shape[index] == 1)
            ? [new(x.Type, [.. x.Shape.Where((_, index) => !gone.Contains(index))], x.Known)]
            : throw call.Refuse($"it takes dimensions ({string.Join(", ", gone)}) away from {x}, which are not 1");
    }

    /// <summary>One more dimension of 1, at an axis that the second input says: ONNX Runtime's own form of Unsqueeze.</summary>
    public static ValueSize[] ExpandDims(OperatorCall call)
    {
        var x = call.Input(0);
        int axis = call.Ints("axis", 1) is [var only] ? call.Axis(only, x.Rank + 1) : throw call.Refuse("its axis is not one number");
        return [new(x.Type, [.. x.Shape[..axis], 1, .. x.Shape[axis..]])];
    }

    /// <summary>With further dimensions of 1.</summary>
    public static ValueSize[] Unsqueeze(OperatorCall call)
    {
        var x = call.Input(0);
        long[] axes = call.Ints("axes", 1) ?? throw call.Refuse("it has no axes");
        int rank = x.Rank + axes.Length;
        var added = axes.Select(axis => call.Axis(axis, rank)).ToHashSet();
        if (added.Count != axes.Length)
        {
            throw call.Refuse($"its axes ({string.Join(", ", axes)}) name one dimension twice");
        }

        var old = new Queue<long>(x.Shape);
        return [new(x.Type, [.. Enumerable.Range(0, rank).Select(index => added.Contains(index) ? 1 : old.Dequeue())], x.Known)];
    }

    /// <summary>The inputs one behind the other along an axis.</summary>
    public static ValueSize[] Concat(OperatorCall call)
    {
        ValueSize[] parts = [.. call.Present];
        var first = call.Input(0);
        int axis = call.Axis(call.Int("axis", 0), first.Rank);
        foreach (var part in parts)
        {
            if (part.Rank != first.Rank || part.Shape.Where((size, index) => index != axis && size != first.Shape[index]).Any())
            {
                throw call.Refuse($"{part} and {first} do not fit one behind the other along axis {axis}");
            }
        }

        long[] shape = [.. first.Shape];
        shape[axis] = parts.Sum(part => part.Shape[axis]);
        bool known = shape is [<= ValueSize.MaxKnown] && Array.TrueForAll(parts, part => part.Known is not null);
        return [new(first.Type, shape, known ? [.. parts.SelectMany(part => part.Known!)] : null)];
    }

    /// <summary>Parts along an axis, of given or equal sizes.</summary>
    public static ValueSize[] Split(OperatorCall call)
    {
        var x = call.Input(0);
        int axis = call.Axis(call.Int("axis", 0), x.Rank);
        long whole = x.Shape[axis];
        long each = (whole + call.OutputCount - 1) / call.OutputCount;
        long[] sizes = call.Ints("split", 1)
            ?? [.. Enumerable.Range(0, call.OutputCount).Select(part => Math.Clamp(whole - (part * each), 0, each))];
        if (sizes.Length != call.OutputCount || Array.Exists(sizes, size => size < 0) || sizes.Sum() != whole)
        {
            throw call.Refuse($"parts of ({string.Join(", ", sizes)}) do not make up axis {axis} of {x}");
        }

        return [.. sizes.Select(size => x.In([.. x.Shape.Select((dimension, index) => index == axis ? size : dimension)]))];
    }

    /// <summary>From start to end along some axes, with steps.</summary>
    public static ValueSize[] Slice(OperatorCall call)
    {
        var x = call.Input(0);
        long[] starts = call.Ints("starts", 1)
            ?? throw call.Refuse("it has no starts"), ends = call.Ints("ends", 2)
            ?? throw call.Refuse("it has no ends");
        long[] axes = call.Ints("axes", 3) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = call.Ints("steps", 4) ?? [.. starts.Select(_ => 1L)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length || steps.Contains(0))
        {
            throw call.Refuse($"it has {starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps.Length} steps, or a "
                + $"step of 0");
        }

        long[] shape = [.. x.Shape];
        long[]? known = x.Rank == 1 && axes.Length == 1 ? x.Known : null;
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = call.Axis(axes[i], x.Rank);
            var (from, count) = Range(starts[i], ends[i], steps[i], x.Shape[axis]);
            shape[axis] = count;
            known = known is null ? null : [.. Enumerable.Range(0, (int)count).Select(index => known[from + (index * steps[i])])];
        }

        return [new(x.Type, shape, known)];
    }

    /// <summary>The number of times x, cut off at both ends as much as the numbers say, or padded where they are positive.</summary>
    public static ValueSize[] Pad(OperatorCall call)
    {
        var x = call.Input(0);
        long[] pads = call.Ints("pads", 1) ?? throw call.Refuse("it has no pads");
        long[] axes = call.Ints("axes", 3) ?? [.. Enumerable.Range(0, x.Rank).Select(axis => (long)axis)];
        if (pads.Length != 2 * axes.Length || Array.Exists(pads, pad => Math.Abs((decimal)pad) > int.MaxValue))
        {
            throw call.Refuse($"its pads ({string.Join(", ", pads)}) do not fit {axes.Length} dimensions");
        }

        long[] shape = [.. x.Shape];
        for (int i = 0; i < axes.Length; i++)
        {
            shape[call.Axis(axes[i], x.Rank)] += pads[i] + pads[i + axes.Length];
        }

        return [x.In(shape)];
    }

    /// <summary>(N, C, H, W) → (N, C/b², H·b, W·b).</summary>
    public static ValueSize[] DepthToSpace(OperatorCall call) => [Blocks(call, toSpace: true)];

    /// <summary>(N, C, H, W) → (N, C·b², H/b, W/b).</summary>
    public static ValueSize[] SpaceToDepth(OperatorCall call) => [Blocks(call, toSpace: false)];

    private static ValueSize Blocks(OperatorCall call, bool toSpace)
    {
        var x = call.Input(0);
        long b = call.Int("blocksize", 0);
        if (x.Rank != 4 || b is < 1 or > short.MaxValue || (toSpace ? x.Shape[1] % (b * b) : (x.Shape[2] % b) + (x.Shape[3] % b)) != 0)
        {
            throw call.Refuse($"blocks of {b} do not fit {x}");
        }

        return toSpace
            ? x.In(x.Shape[0], x.Shape[1] / (b * b), x.Shape[2] * b, x.Shape[3] * b)
            : x.In(x.Shape[0], ValueSize.Multiply(x.Shape[1], b * b), x.Shape[2] / b, x.Shape[3] / b);
    }

    /// <summary>Where a slice begins, and how many elements it takes.</summary>
    private static (long From, long Count) Range(long start, long end, long step, long size)
    {
        start = Place(start, size);
        end = end < 0 && end >= -size ? end + size : end;
        var (from, to) = step > 0
            ? (Math.Clamp(start, 0, size), Math.Clamp(end, 0, size))
            : (Math.Clamp(start, -1, size - 1), Math.Clamp(end, -1, size - 1));
        long distance = step > 0 ? to - from : from - to;
        decimal pace = Math.Abs((decimal)step);
        return (from, distance <= 0 ? 0 : (long)decimal.Ceiling(distance / pace));
    }

    private static long Place(long index, long size) => index < 0 && index >= -size ? index + size : index;

    private static OnnxModelRefusedException NoFit(OperatorCall call, long[] shape)
        => call.Refuse($"{call.Input(0)} cannot become ({string.Join(", ", shape)})");
}
