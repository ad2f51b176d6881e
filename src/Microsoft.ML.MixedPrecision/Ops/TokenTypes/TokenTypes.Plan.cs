using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends types of tokens.</summary>
internal static class TokenTypesPlan
{
    /// <summary>Appends y = x + table[k], k being 0 up to and including the first separator of an example, 1 behind it.</summary>
    /// <param name="plan">Where to; it knows the examples' ends.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(R, C), a sequence.</param>
    /// <param name="ids">(R, 1), Int32.</param>
    /// <param name="table">(2, C).</param>
    /// <param name="separator">The id behind which tokens are of type 1.</param>
    /// <returns>y: (R, C).</returns>
    /// <exception cref="ArgumentException">x is no sequence, the ids are not one for each of its rows, or the table has another
    /// shape.</exception>
    public static Value TokenTypes(this PlanBuilder plan, string name, Value x, Value ids, Parameter table, int separator)
    {
        if (!x.Shape.IsSequence || ids.Kind != ElementKind.Int32 || ids.Shape != x.Shape.WithColumns(1))
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} and ids of {ids.Shape}, which are {ids.Kind}; it needs a sequence, and an id, "
                    + $"{ElementKind.Int32}, for each of its rows.",
                nameof(ids));
        }

        if (table.Rows != TokenTypesKernel.Count || table.Columns != x.Columns)
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} and its table is ({table.Rows}, {table.Columns}); it needs ({TokenTypesKernel.Count}, "
                    + $"{x.Columns}).",
                nameof(table));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        var types = new Value(name + ".rows", x.Shape.WithColumns(1), ElementKind.Int32);
        plan.Add(new TokenTypesOp(name, [.. plan.WithEnds(x), ids], output, types, (table, separator), decision));
        return output;
    }
}
