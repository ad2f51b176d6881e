using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>How a plan computes and why, in three parts that make one text.</summary>
/// <param name="Heading">Policy, loss scale, optimizer and weight update, one line; empty where nothing is known.</param>
/// <param name="Operations">The operations in forward order, the loss last.</param>
/// <param name="Products">On a card a line for each product with its algorithm, each with its end of line; else empty.</param>
internal sealed record PlanExplanation(string Heading, IReadOnlyList<OperationExplanation> Operations, string Products)
{
    /// <summary>An operation's own explanation, for people outside.</summary>
    public static OperationExplanation Entry(OpExplanation op) => new()
    {
        Layer = op.Layer,
        Operation = op.Operation,
        Shape = op.Shape,
        Operands = op.Operands,
        Stored = op.Stored,
        Reason = op.Reason,
    };

    /// <summary>The heading, a table of the operations, and the products.</summary>
    public override string ToString() => Heading + Environment.NewLine + ExplanationTable.Write(Operations) + Products;
}
