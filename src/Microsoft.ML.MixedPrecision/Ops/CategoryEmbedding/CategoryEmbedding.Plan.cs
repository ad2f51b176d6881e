using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends embeddings of categories.</summary>
internal static class CategoryEmbeddingPlan
{
    /// <summary>Appends y = [numbers, embeddings]. The policy decides as for the product of one-hot rows with the table, which it
    /// is.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, n + m), Float32: what the network reads.</param>
    /// <param name="categories">Which columns of x are categories.</param>
    /// <param name="table">(Σ(Kⱼ + 2), D).</param>
    /// <returns>y: (N, n + m·D), stored as products are.</returns>
    /// <exception cref="ArgumentException">x is in another format, or computed by an operation, which would need its
    /// gradient.</exception>
    public static Value CategoryEmbedding(
        this PlanBuilder plan, string name, Value x, CategoryColumns categories, Parameter table)
    {
        if (x.Format != NumericFormat.Float32 || x.Kind != ElementKind.Number || x.Producer is not null)
        {
            throw new ArgumentException(
                $"Layer '{name}' reads numbers of categories, which are exact in Float32 and have no gradient, but '{x.Name}' is "
                    + $"{x.Format} {(x.Producer is null ? "" : $"and computed by '{x.Producer.Name}'")}; put it first in the network.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.MatrixProduct, name);
        NumericFormat storage = decision.Format.Storage();
        var shape = x.Shape.WithColumns(categories.Width(x.Columns, table.Columns));
        var output = new Value(plan.NameOf(name), shape, storage, storage);
        plan.Add(new CategoryEmbeddingOp(name, x, output, table, new CategoryPlaces(categories), decision));
        return output;
    }
}
