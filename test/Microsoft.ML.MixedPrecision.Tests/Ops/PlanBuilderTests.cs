using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
public sealed class PlanBuilderTests
{
    [TestMethod]
    public void Finish_ValueReadTwice_IsRefused()
    {
        // Backward would overwrite the one reader's gradient with the other's.
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);
        plan.Linear("a", x, new Parameter("a.weight", 2, 3, decays: true), null);
        Value y = plan.Linear("b", x, new Parameter("b.weight", 2, 3, decays: true), null);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(y));
        StringAssert.Contains(error.Message, "'x' is read by 'a' and 'b'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Linear_OtherWidth_SaysBoth()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), new Parameter("a.weight", 2, 4, decays: true), null));
        StringAssert.Contains(error.Message, "takes 4 columns but gets 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Linear_WeightUsedTwice_IsRefused()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        var weight = new Parameter("a.weight", 3, 3, decays: true);
        Value y = plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), weight, null);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Linear("b", y, weight, null));
        StringAssert.Contains(error.Message, "'a.weight' is used by two operations", StringComparison.Ordinal);
    }
}
