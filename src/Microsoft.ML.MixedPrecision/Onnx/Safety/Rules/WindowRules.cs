using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Convolutions and pooling: (N, C, spatial…).</summary>
internal static class WindowRules
{
    /// <summary>(N, C, …)·(M, C/group, kernel…) → (N, M, …). What is unfolded for the product counts as workspace.</summary>
    public static ValueSize[] Conv(OperatorCall call)
    {
        ValueSize x = Images(call), w = call.Input(1);
        long group = call.Int("group", 1);
        if (w.Rank != x.Rank || group < 1 || ValueSize.Multiply(w.Shape[1], group) != x.Shape[1] || w.Shape[0] % group != 0)
        {
            throw call.Refuse($"weights {w} in {group} groups do not fit an input {x}");
        }

        long[] kernel = w.Shape[2..];
        if (call.Ints("kernel_shape") is { } declared && !declared.AsSpan().SequenceEqual(kernel))
        {
            throw call.Refuse($"its kernel_shape ({string.Join(", ", declared)}) is not that of its weights {w}");
        }

        long[] spatial = Window(call, x, kernel, ceiling: false);
        call.Workspace = ValueSize.Product([sizeof(float), x.Shape[1], ValueSize.Product(kernel), ValueSize.Product(spatial)]);
        return [new(x.Type, [x.Shape[0], w.Shape[0], .. spatial])];
    }

    /// <summary>(N, C, …) → (N, C, …), and for maxima where they were.</summary>
    public static ValueSize[] Pool(OperatorCall call)
    {
        var x = Images(call);
        long[] kernel = call.Ints("kernel_shape") ?? throw call.Refuse("it has no kernel_shape");
        if (kernel.Length != x.Rank - 2)
        {
            throw call.Refuse($"a kernel of {kernel.Length} dimensions does not fit an input {x}");
        }

        var y = x.In([.. x.Shape[..2], .. Window(call, x, kernel, call.Int("ceil_mode", 0) != 0)]);
        return [y, y.Of(OnnxElementType.Int64)];
    }

    /// <summary>(N, C, …) → (N, C, 1…).</summary>
    public static ValueSize[] GlobalPool(OperatorCall call)
    {
        var x = Images(call);
        return [x.In([.. x.Shape[..2], .. x.Shape[2..].Select(_ => 1L)])];
    }

    private static ValueSize Images(OperatorCall call)
        => call.Input(0) is { Rank: >= 3 } x ? x : throw call.Refuse($"its input {call.Input(0)} has no spatial dimensions");

    private static long[] Window(OperatorCall call, ValueSize x, long[] kernel, bool ceiling)
    {
        int dimensions = kernel.Length;
        long[] strides = Steps(call, "strides", dimensions), dilations = Steps(call, "dilations", dimensions);
        long[] pads = call.Ints("pads") ?? new long[2 * dimensions];
        string auto = call.Text("auto_pad", "NOTSET");
        if (pads.Length != 2 * dimensions || Array.Exists(pads, pad => pad < 0) || Array.Exists(kernel, size => size < 1))
        {
            throw call.Refuse($"pads ({string.Join(", ", pads)}) and kernel ({string.Join(", ", kernel)}) do not fit an input {x}");
        }

        var result = new long[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            long size = x.Shape[i + 2], reach = checked(((kernel[i] - 1) * dilations[i]) + 1);
            result[i] = auto switch
            {
                "SAME_UPPER" or "SAME_LOWER" => (size + strides[i] - 1) / strides[i],
                "VALID" => Places(size, reach, strides[i], ceiling),
                "NOTSET" or "" => Places(size + pads[i] + pads[i + dimensions], reach, strides[i], ceiling),
                _ => throw call.Refuse($"auto_pad '{auto}' does not exist"),
            };
            if (result[i] < 1)
            {
                throw call.Refuse($"a window of {reach} is larger than dimension {i + 2} of its input {x}");
            }
        }

        return result;
    }

    private static long Places(long size, long reach, long stride, bool ceiling)
        => size < reach ? 0 : ((size - reach + (ceiling ? stride - 1 : 0)) / stride) + 1;

    private static long[] Steps(OperatorCall call, string name, int dimensions)
    {
        long[] steps = call.Ints(name) ?? [.. Enumerable.Repeat(1L, dimensions)];
        return steps.Length == dimensions && Array.TrueForAll(steps, step => step is >= 1 and <= int.MaxValue)
            ? steps
            : throw call.Refuse($"{name} ({string.Join(", ", steps)}) must be {dimensions} numbers of at least 1");
    }
}
