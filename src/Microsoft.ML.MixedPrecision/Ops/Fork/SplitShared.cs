using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Gives every reader of a shared value an alias of it, so that each writes a gradient of its own, and puts a <see cref="ForkOp"/> before
/// the first of them, which adds those gradients in Float32 and rounds once. A reader that only passes its output's gradient on, such as a
/// residual sum, keeps the value and needs no buffer: the fork reads what it would have copied.
/// </summary>
internal static class SplitShared
{
    /// <summary>Splits what needs a gradient.</summary>
    /// <param name="ops">In forward order; forks are inserted.</param>
    public static void Run(List<Op> ops)
    {
        for (int i = 0; i < ops.Count; i++)
        {
            foreach (Value value in ops[i].Outputs.Where(output => output.NeedsGradient))
            {
                Split(ops, value);
            }
        }
    }

    private static void Split(List<Op> ops, Value value)
    {
        (Op Op, int Input)[] readers = [.. ops.SelectMany(op => op.Inputs.Select((input, i) => (op, i, input)))
            .Where(reader => reader.input == value)
            .Select(reader => (reader.op, reader.i))];
        if (readers.Length < 2)
        {
            return;
        }

        (Op Op, int Input)[] passing = [.. readers.Where(reader => reader.Op.PassedOn(reader.Input) is not null)];
        (Op Op, int Input)[] others = [.. readers.Except(passing)];
        string name = passing.Length > 0 ? passing[0].Op.PassedOn(passing[0].Input)!.Name : value.Name;
        Value[] aliases = [.. others.Select((_, i) => new Value(
            others.Length == 1 ? $"{name}.branch" : $"{name}.branch.{i}",
            value.Shape,
            value.Format,
            value.GradientFormat)
        {
            AliasOf = value,
        })];
        int first = ops.IndexOf(readers[0].Op);
        Value[] gradients = [.. aliases, .. passing.Select(reader => reader.Op.PassedOn(reader.Input)!)];
        ops.Insert(first, new ForkOp(name + ".fork", value, aliases, gradients));
        foreach (((Op op, int input), Value alias) in others.Zip(aliases))
        {
            op.ReadInstead(input, alias);
        }

        foreach ((Op op, int input) in passing)
        {
            op.LeaveShare(input);
        }
    }
}
