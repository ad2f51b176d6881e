using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends products of sparse rows.</summary>
internal static class EmbeddingBagPlan
{
    /// <summary>Appends y[n] = Σⱼ vⱼ·W[sⱼ] over the entries of example n. The policy decides as for the product that it is.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="entries">Entries (N, T).</param>
    /// <param name="table">W: (V, D).</param>
    /// <returns>y: (N, D), stored as products are.</returns>
    /// <exception cref="ArgumentException">The input has no entries.</exception>
    public static Value EmbeddingBag(this PlanBuilder plan, string name, Value entries, Parameter table)
    {
        if (entries.Kind != ElementKind.Entry)
        {
            throw new ArgumentException(
                $"Layer '{name}' reads entries of sparse rows, but '{entries.Name}' is {entries.Kind}; give it a sparse column.",
                nameof(entries));
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), entries.Shape.WithColumns(table.Columns), storage, storage);
        plan.Add(new EmbeddingBagOp(name, entries, output, table, decision));
        return output;
    }
}
