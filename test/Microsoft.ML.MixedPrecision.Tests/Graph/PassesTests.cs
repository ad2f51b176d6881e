using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Graph;

/// <summary>What the passes make of a list of operations, and what they refuse.</summary>
[TestClass]
public sealed class PassesTests
{
    [TestMethod]
    public void SplitShared_ThreeReaders_ForksBeforeTheFirst()
    {
        PlanBuilder plan = Plan();
        Value start = Linear(plan, "start", PlanBuilder.Input("x", 3, NumericFormat.Float32));
        plan.Finish(Sum(plan, "sum2", Sum(plan, "sum", Linear(plan, "a", start), Linear(plan, "b", start)), Linear(plan, "c", start)));

        Assert.AreEqual("start|start.fork|a|b|sum|c|sum2", Names(plan));
        CollectionAssert.AreEqual(
            new[] { "start.branch.0", "start.branch.1", "start.branch.2" },
            plan.Ops.Where(op => op.Name is "a" or "b" or "c").Select(op => op.Inputs.Single().Name).ToArray());
        CollectionAssert.AreEqual(plan.Ops[1].Outputs.ToArray(), plan.Ops[1].GradientsRead.ToArray());
        Assert.IsTrue(plan.Ops[1].Outputs.All(alias => alias.Root == start && alias.Producer == plan.Ops[1]));
    }

    /// <summary>A residual sum passes its gradient on: no alias, and no buffer, is its.</summary>
    [TestMethod]
    public void SplitShared_Shortcut_HasNoAliasAndNoGradientOfItsOwn()
    {
        PlanBuilder plan = Plan();
        Value start = Linear(plan, "start", PlanBuilder.Input("x", 3, NumericFormat.Float32));
        Value sum = plan.Residual("block", start, (plan, x) => Linear(plan, "branch", x));
        plan.Finish(Linear(plan, "end", sum));

        Assert.AreEqual("start|block.fork|branch|block|end", Names(plan));
        Op fork = plan.Ops[1], block = plan.Ops[3];
        Assert.AreEqual("block.branch", fork.Outputs.Single().Name);
        CollectionAssert.AreEqual(new[] { fork.Outputs[0], sum }, fork.GradientsRead.ToArray());
        CollectionAssert.AreEqual(new[] { block.Inputs[0] }, block.GradientsWritten.ToArray());
        Assert.AreSame(start, block.Inputs[1]);
    }

    [TestMethod]
    public void SplitShared_InputOrScoring_ForksNothing()
    {
        PlanBuilder training = Plan(), scoring = new(PrecisionPolicy.Float32, training: false);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);
        training.Finish(Sum(training, "sum", Linear(training, "a", x), Linear(training, "b", x)));
        Value start = Linear(scoring, "start", PlanBuilder.Input("x", 3, NumericFormat.Float32));
        scoring.Finish(Sum(scoring, "sum", Linear(scoring, "a", start), Linear(scoring, "b", start)));

        Assert.AreEqual("a|b|sum", Names(training));
        Assert.AreEqual("start|a|b|sum", Names(scoring));
    }

    /// <summary>The value between is read by the other operation too, so that it must be stored.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void FuseActivations_PreActivationReadElsewhere_StaysApart(bool training)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training);
        Value start = Linear(plan, "start", PlanBuilder.Input("x", 3, NumericFormat.Float32));
        plan.Finish(plan.Residual("sum", start, (plan, x) => plan.Activation("act", x, ActivationKind.Relu)));

        Assert.IsTrue(plan.Ops.Any(op => op is ActivationOp), Names(plan));
    }

    [TestMethod]
    public void FoldGradients_BetweenTheSameProducts_DoesNotFold()
    {
        static string Saved(bool tied)
        {
            PlanBuilder plan = Plan();
            var weight = new Parameter("w", 3, 3, decays: true);
            Value z = plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), weight, null);
            Value act = plan.Activation("act", z, ActivationKind.Tanh);
            plan.Finish(plan.Linear("b", act, tied ? weight : new Parameter("w2", 3, 3, decays: true), null));
            return string.Join('|', plan.Ops[0].Saved.Select(value => value.Name));
        }

        // Folded, the consumer reads what the derivative is computed from.
        Assert.AreEqual("x|act", Saved(tied: true));
        Assert.AreEqual("x", Saved(tied: false));
    }

    [TestMethod]
    public void Finish_ValueReadByNothing_IsRefused()
    {
        PlanBuilder plan = Plan();
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);
        Linear(plan, "a", x);
        Value b = Linear(plan, "b", x);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(b));
        StringAssert.Contains(error.Message, "'a' is read by nothing", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Finish_OutputReadByAnOperation_IsRefused()
    {
        PlanBuilder plan = Plan();
        Value a = Linear(plan, "a", PlanBuilder.Input("x", 3, NumericFormat.Float32));
        Linear(plan, "b", a);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(a));
        StringAssert.Contains(error.Message, "'a' is the network's output and is read by 'b' too", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ShareParameters_ReadersOfDifferentFormats_NamesBoth()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse("mixed_float16; layer b=Float32"), training: true);
        var weight = new Parameter("w", 3, 3, decays: true);
        Value a = plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float16), weight, null);
        Value b = plan.Linear("b", a, weight, null);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(b));
        StringAssert.Contains(error.Message, "'w' is read by 'a' in Float16 and by 'b' in Float32", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ShareParameters_HalfOfANorm_IsRefused()
    {
        PlanBuilder plan = Plan();
        Parameter scale = Vector("scale");
        Value a = plan.LayerNorm("a", Linear(plan, "first", PlanBuilder.Input("x", 3, NumericFormat.Float32)), scale, Vector("shift.a"));
        Value b = plan.LayerNorm("b", a, scale, Vector("shift.b"));

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(b));
        StringAssert.Contains(error.Message, "'a' computes the gradients of 'shift.a' and 'scale' together", StringComparison.Ordinal);
    }

    [TestMethod]
    public void ShareParameters_OneParameterTwiceInOneLayer_IsRefused()
    {
        PlanBuilder plan = Plan();
        Parameter both = Vector("both");
        Value a = plan.LayerNorm("a", Linear(plan, "first", PlanBuilder.Input("x", 3, NumericFormat.Float32)), both, both);

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(a));
        StringAssert.Contains(error.Message, "'a' reads 'both' as two of its parameters", StringComparison.Ordinal);
    }

    /// <summary>A shared gradient is finished by the reader that comes last in the backward pass.</summary>
    [TestMethod]
    public void Parameters_Shared_StandOnceAndWhereBackwardFinishesThem()
    {
        PlanBuilder plan = Plan();
        Parameter tied = new("tied", 3, 3, decays: true), other = new("other", 3, 3, decays: true);
        var first = new Parameter("first", 3, 3, decays: true);
        Value x = plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), first, null);
        plan.Finish(plan.Linear("d", plan.Linear("c", plan.Linear("b", x, tied, null), other, null), tied, null));

        Assert.AreEqual("other|tied|first", string.Join('|', plan.Parameters.Select(planned => planned.Parameter.Name)));
    }

    [TestMethod]
    public void GradientNeeds_FrozenStart_EndsBackwardThere()
    {
        Parameter[] weights = [.. Enumerable.Range(0, 4).Select(i => new Parameter($"w{i}", 3, 3, decays: true))];
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true) { Frozen = new HashSet<Parameter> { weights[0], weights[2] } };
        Value value = PlanBuilder.Input("x", 3, NumericFormat.Float32);
        for (int i = 0; i < 4; i++)
        {
            value = plan.Linear($"op{i}", value, weights[i], null);
        }

        plan.Finish(value);

        CollectionAssert.AreEqual(new[] { false, true, true, true }, plan.Ops.Select(op => op.RunsBackward).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1 }, plan.Ops.Select(op => op.GradientsWritten.Length).ToArray());

        // A frozen product needs no input for its weight's gradient.
        CollectionAssert.AreEqual(new[] { 0, 1, 0, 1 }, plan.Ops.Select(op => op.Saved.Count()).ToArray());
        Assert.AreEqual(
            "w3 w1 (w2) (w0)",
            string.Join(' ', plan.Parameters.Select(p => p.Trains ? p.Parameter.Name : $"({p.Parameter.Name})")));
    }

    /// <summary>A bias before a batch norm is idle only where nothing else reads the product.</summary>
    [TestMethod]
    public void IdleBias_ProductThatASumReadsToo_HasAGradient()
    {
        PlanBuilder plan = Plan();
        Parameter bias = Vector("bias");
        Value z = plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), new Parameter("w", 3, 3, decays: true), bias);
        var parts = new BatchNormParts(Vector("scale"), Vector("shift"), new LayerState("mean", 3, 0), new LayerState("variance", 3, 1));
        plan.Finish(plan.Residual("sum", z, (plan, x) => plan.BatchNorm("norm", x, parts)));

        CollectionAssert.Contains(plan.Ops[0].ParametersWithGradient.ToArray(), bias);
    }

    [TestMethod]
    public void Finish_MoreReadersThanCanBeAdded_SaysHowMany()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = plan.Linear("first", PlanBuilder.Input("x", 3, NumericFormat.Float32), new Parameter("w", 3, 3, decays: true), null);
        Value sum = plan.Activation("act", x, ActivationKind.Tanh);
        for (int i = 0; i < GradientSum.Most; i++)
        {
            Value before = sum;
            sum = plan.Residual($"sum{i}", plan.Activation($"act{i}", x, ActivationKind.Tanh), (_, _) => before);
        }

        NotSupportedException error = Assert.ThrowsExactly<NotSupportedException>(() => plan.Finish(sum));
        StringAssert.Contains(error.Message, "'first' is read by 17 operations; 16 are the most", StringComparison.Ordinal);
    }

    private static PlanBuilder Plan() => new(PrecisionPolicy.Float32, training: true);

    private static Parameter Vector(string name) => new(name, 1, 3, decays: false);

    private static Value Linear(PlanBuilder plan, string name, Value x)
        => plan.Linear(name, x, new Parameter(name + ".weight", 3, 3, decays: true), null);

    private static Value Sum(PlanBuilder plan, string name, Value a, Value b) => plan.Residual(name, b, (_, _) => a);

    private static string Names(PlanBuilder plan) => string.Join('|', plan.Ops.Select(op => op.Name));
}
