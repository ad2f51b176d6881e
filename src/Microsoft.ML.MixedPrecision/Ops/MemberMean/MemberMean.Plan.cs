using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends means over the members of an ensemble.</summary>
internal static class MemberMeanPlan
{
    /// <summary>Appends the mean over members, which are the rows of an example of all values: see <see cref="MemberMeanKind"/>.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="values">z: (N · rows, C) each, of one C; read in Float32, in which a product before stores them.</param>
    /// <param name="kind">What is averaged.</param>
    /// <returns>o: (N, C), Float32.</returns>
    /// <exception cref="ArgumentException">There are no values or too many, or their columns differ.</exception>
    public static Value MemberMean(this PlanBuilder plan, string name, ReadOnlySpan<Value> values, MemberMeanKind kind)
    {
        if (values.Length is 0 or > MemberMeanKernel.MostValues)
        {
            throw new ArgumentException(
                $"Layer '{name}' averages {values.Length} values; it can average 1 to {MemberMeanKernel.MostValues}.",
                nameof(values));
        }

        int members = 0;
        foreach (Value value in values)
        {
            members = checked(members + value.Shape.Rows);
            if (value.Columns != values[0].Columns)
            {
                throw new ArgumentException(
                    $"Layer '{name}' averages '{values[0].Name}' of {values[0].Columns} columns and '{value.Name}' of {value.Columns}; "
                        + $"members have outputs alike.",
                    nameof(values));
            }
        }

        int columns = values[0].Columns;
        var output = new Value(plan.NameOf(name), Shape.Vector(columns), NumericFormat.Float32, NumericFormat.Float32);
        Value? sums = MemberMeanKernel.SumsOf(kind, members, columns) is > 0 and int count
            ? new Value(plan.NameOf(name + ".sums"), Shape.Vector(count), NumericFormat.Float32, NumericFormat.Float32)
            : null;
        plan.Add(new MemberMeanOp(name, values, output, kind, members, sums));
        return output;
    }
}
