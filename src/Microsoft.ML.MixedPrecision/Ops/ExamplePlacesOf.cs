using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Where the examples of operations lie that look at whole examples.</summary>
internal static class ExamplePlacesOf
{
    /// <summary>Those of a value.</summary>
    /// <param name="context">Memory.</param>
    /// <param name="inputs">What the operation reads: <see cref="PlanBuilder.WithEnds"/>.</param>
    /// <param name="value">The value.</param>
    public static ExamplePlaces PlacesOf(this OpContext context, ImmutableArray<Value> inputs, Value value)
    {
        if (inputs.Length == 1)
        {
            return new ExamplePlaces(0, context[value].Rows / value.Shape.Rows, value.Shape.Rows);
        }

        Tensors.Words ends = context.Words(inputs[1]);
        return new ExamplePlaces(ends.Address, ends.Rows, value.Shape.Rows);
    }
}
