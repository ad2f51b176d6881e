namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Which values need a gradient: those behind a parameter that trains, so that backward stops where nothing is left to train. Frozen layers
/// at the start of a network cost a forward pass only; frozen layers behind trained ones hand their input's gradient on.
/// </summary>
internal static class GradientNeeds
{
    /// <summary>Marks values and operations.</summary>
    /// <param name="ops">In forward order.</param>
    /// <param name="frozen">The parameters that do not train.</param>
    public static void Mark(IReadOnlyList<Op> ops, IReadOnlySet<Parameter> frozen)
    {
        foreach (Op op in ops)
        {
            op.SettleNeeds(op.Parameters.Any(parameter => !frozen.Contains(parameter)));
        }
    }

    /// <summary>Refuses a list that computes what nobody reads: such a value's gradient would be whatever its memory holds.</summary>
    /// <param name="ops">In forward order.</param>
    /// <param name="last">The network's output.</param>
    /// <exception cref="NotSupportedException">A value is read by nothing.</exception>
    public static void RefuseUnread(IReadOnlyList<Op> ops, Value last)
    {
        HashSet<Value> read = [last, .. ops.SelectMany(op => op.Inputs)];
        if (ops.SelectMany(op => op.Outputs).FirstOrDefault(output => !read.Contains(output)) is { } unread)
        {
            throw new NotSupportedException($"'{unread.Name}' is read by nothing; leave out the layer that makes it, or use it.");
        }
    }

    /// <summary>Refuses an output that operations read too; losses may.</summary>
    /// <param name="ops">In forward order.</param>
    /// <param name="last">The network's output.</param>
    /// <exception cref="NotSupportedException">One does.</exception>
    public static void RefuseReadOutput(IReadOnlyList<Op> ops, Value last)
    {
        if (ops.FirstOrDefault(op => !op.IsTerminal && op.Inputs.Contains(last)) is { } reader)
        {
            throw new NotSupportedException(
                $"'{last.Name}' is the network's output and is read by '{reader.Name}' too; "
                + "end with a layer whose result nothing else reads.");
        }
    }
}
