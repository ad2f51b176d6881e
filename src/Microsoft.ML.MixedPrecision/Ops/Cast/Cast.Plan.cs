using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends conversions.</summary>
internal static class CastPlan
{
    /// <summary>Appends a conversion where <paramref name="x"/> is not stored in <paramref name="format"/> already.</summary>
    public static Value Cast(this PlanBuilder plan, string name, Value x, NumericFormat format)
    {
        if (x.Format == format)
        {
            return x;
        }

        var output = new Value(plan.NameOf(name + ".cast"), x.Shape, format, format);
        plan.Add(new CastOp(name + ".cast", x, output));
        return output;
    }
}
