using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Gives losses, means over members, and whoever reads the network's output, their values in Float32: a product whose result nothing else
/// reads stores it so, behind anything else comes a conversion.
/// </summary>
internal static class StoreLogits
{
    /// <summary>Stores, or converts.</summary>
    /// <param name="ops">In forward order, shared values split and activations fused; conversions are inserted.</param>
    /// <param name="last">What the network ends with.</param>
    /// <param name="nameOf">A value's name: the wished one, or with a number behind it.</param>
    /// <returns>The output in Float32; where several losses read it in 16 bits, each converts for itself, and it stays as it is.</returns>
    public static Value Run(List<Op> ops, Value last, Func<string, string> nameOf)
    {
        foreach (Op op in ops.Where(op => op.StoresAnyFormat))
        {
            StoreAsFloat32(ops, op.Outputs[0], last);
        }

        Value output = last;
        for (int i = 0; i < ops.Count; i++)
        {
            foreach (int input in Narrow(ops[i]))
            {
                Value read = ops[i].Inputs[input];
                CastOp cast = Cast(read == last ? "logits" : read.Name, read, nameOf);
                ops[i].ReadInstead(input, cast.Output);
                ops.Insert(i++, cast);
                output = read == last ? cast.Output : output;
            }
        }

        if (last.Format != NumericFormat.Float32 && !ops.Exists(op => op.Inputs.Contains(last)))
        {
            ops.Add(Cast("logits", last, nameOf));
            return ops[^1].Outputs[0];
        }

        return output;
    }

    private static void StoreAsFloat32(List<Op> ops, Value product, Value last)
    {
        Value[] all = [product, .. ops.SelectMany(op => op.Outputs).Where(value => value.AliasOf is not null && value.Root == product)];
        Op[] readers = [.. ops.Where(op => op is not ForkOp && op.Inputs.Any(all.Contains))];
        if (Array.TrueForAll(readers, reader => reader.ReadsFloat32) && (readers.Length > 0 || product == last))
        {
            foreach (Value value in all)
            {
                value.Format = NumericFormat.Float32;
            }
        }
    }

    /// <summary>The inputs of an operation that are numbers in 16 bits where it reads Float32.</summary>
    private static IEnumerable<int> Narrow(Op op)
        => Enumerable.Range(0, op.ReadsFloat32 ? op.Inputs.Length : 0).Where(i => op.Inputs[i].Format != NumericFormat.Float32);

    private static CastOp Cast(string name, Value value, Func<string, string> nameOf)
    {
        string wish = name + ".cast";
        return new CastOp(wish, value, new Value(nameOf(wish), value.Shape, NumericFormat.Float32, NumericFormat.Float32));
    }
}
