using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends look-ups of rows.</summary>
internal static class EmbeddingPlan
{
    /// <summary>
    /// Appends y[n·T + t] = table[ids[n, t]]. The policy decides as for the product of rows that are 0 but for one 1 with the table, which
    /// it is; so the table may be the weight of a product too (tied weights).
    /// </summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="ids">Ids (N · rows, columns), Int32: T is rows · columns.</param>
    /// <param name="table">(V, D).</param>
    /// <param name="padding">The id whose row of y is zeros and of the gradient 0; null for none.</param>
    /// <returns>y: (N · T, D), stored as products are.</returns>
    /// <exception cref="ArgumentException">The ids are no Int32.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The padding id is none of the table.</exception>
    public static Value Embedding(this PlanBuilder plan, string name, Value ids, Parameter table, int? padding = null)
    {
        if (ids.Kind != ElementKind.Int32)
        {
            throw new ArgumentException(
                $"Layer '{name}' reads ids, which are {ElementKind.Int32}, but '{ids.Name}' is {ids.Kind}; give it a column of ids.",
                nameof(ids));
        }

        if (padding is { } id && (uint)id >= (uint)table.Rows)
        {
            throw new ArgumentOutOfRangeException(
                nameof(padding),
                id,
                $"Layer '{name}' has rows for the ids from 0 to {table.Rows - 1}; the padding id must be one of them, or none.");
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        Shape shape = ids.Shape.IsSequence
            ? ids.Shape.WithColumns(table.Columns)
            : new Shape(checked(ids.Shape.Rows * ids.Shape.Columns), table.Columns);
        var output = new Value(plan.NameOf(name), shape, storage, storage);
        plan.Add(new EmbeddingOp(name, ids, output, table, padding, decision));
        return output;
    }
}
