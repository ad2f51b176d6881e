using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends positions.</summary>
internal static class PositionsPlan
{
    /// <summary>Appends y = x + table[t].</summary>
    /// <param name="plan">Where to; where x is a sequence, it knows the examples' ends.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(R, C).</param>
    /// <param name="table">(P, C), of a row at least for each step.</param>
    /// <exception cref="ArgumentException">The table has other columns, or too few rows.</exception>
    public static Value Positions(this PlanBuilder plan, string name, Value x, Parameter table)
    {
        if (table.Columns != x.Columns || table.Rows < x.Shape.Rows)
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} and its table is ({table.Rows}, {table.Columns}); it needs {x.Columns} columns and "
                    + $"{x.Shape.Rows} rows at least.",
                nameof(table));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        plan.Add(new PositionsOp(name, plan.WithEnds(x), output, table, decision));
        return output;
    }
}
