using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends scales of members.</summary>
internal static class MemberScalePlan
{
    /// <summary>Appends y = x ⊙ sᵢ + bᵢ, where an example's row i is member i. The activation behind it, and a scale without b behind that,
    /// become one pass with it.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">x: (N·k, C).</param>
    /// <param name="scale">s: (k, C).</param>
    /// <param name="bias">b: (k, C); null for none.</param>
    /// <returns>y: (N·k, C), stored as activations are.</returns>
    /// <exception cref="ArgumentException">s or b is not (k, C).</exception>
    public static Value MemberScale(this PlanBuilder plan, string name, Value x, Parameter scale, Parameter? bias)
    {
        Require(name, x.Shape, scale, bias);
        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        plan.Add(new MemberScaleOp(name, x, output, scale, bias, decision));
        return output;
    }

    /// <summary>Throws unless each parameter has a row for each row of an example, and its columns.</summary>
    /// <param name="name">The layer's name.</param>
    /// <param name="shape">What an example has.</param>
    /// <param name="parameters">Parameters; null for none.</param>
    /// <exception cref="ArgumentException">One has others.</exception>
    public static void Require(string name, Shape shape, params ReadOnlySpan<Parameter?> parameters)
    {
        foreach (Parameter? parameter in parameters)
        {
            if (parameter is not null && (parameter.Rows != shape.Rows || parameter.Columns != shape.Columns))
            {
                throw new ArgumentException(
                    $"Layer '{name}' gets {shape.Rows} members of {shape.Columns} columns, but '{parameter.Name}' is "
                        + $"({parameter.Rows}, {parameter.Columns}); give it ({shape.Rows}, {shape.Columns}).",
                    nameof(shape));
            }
        }
    }
}
