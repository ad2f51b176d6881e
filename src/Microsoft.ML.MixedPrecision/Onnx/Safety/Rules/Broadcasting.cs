namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>How shapes of several values become one.</summary>
/// <remarks>Source: https://github.com/onnx/onnx/blob/main/docs/Broadcasting.md.</remarks>
internal static class Broadcasting
{
    /// <summary>The shape that all values have when dimensions of 1 are repeated.</summary>
    /// <param name="call">The node, for the message.</param>
    /// <param name="values">The values.</param>
    /// <exception cref="OnnxModelRefusedException">They do not fit.</exception>
    public static long[] Shape(OperatorCall call, IEnumerable<ValueSize> values)
        => values.Select(value => value.Shape).Aggregate((a, b) => Shape(call, a, b));

    /// <summary>The shape that both have when dimensions of 1 are repeated.</summary>
    /// <param name="call">The node, for the message.</param>
    /// <param name="a">A shape.</param>
    /// <param name="b">A shape.</param>
    /// <exception cref="OnnxModelRefusedException">They do not fit.</exception>
    public static long[] Shape(OperatorCall call, ReadOnlySpan<long> a, ReadOnlySpan<long> b)
    {
        var result = new long[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            long x = i <= a.Length ? a[^i] : 1, y = i <= b.Length ? b[^i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                throw call.Refuse($"the shapes ({string.Join(", ", a.ToArray())}) and ({string.Join(", ", b.ToArray())}) do not fit "
                    + $"together");
            }

            result[^i] = x == 1 ? y : x;
        }

        return result;
    }
}
