using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
public sealed class PlanBuilderTests
{
    [TestMethod]
    public void Linear_OtherWidth_SaysBoth()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(
            () => plan.Linear("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), new Parameter("a.weight", 2, 4, decays: true), null));
        StringAssert.Contains(error.Message, "takes 4 columns but gets 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void LayerNorm_OtherWidth_IsRefused()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        var scale = new Parameter("a.weight", 1, 3, decays: false);
        Value x = PlanBuilder.Input("x", 3, NumericFormat.Float32);

        ArgumentException width = Assert.ThrowsExactly<ArgumentException>(
            () => plan.LayerNorm("a", x, scale, new Parameter("a.bias", 1, 4, decays: false)));
        StringAssert.Contains(width.Message, "gets 3 columns, but 'a.bias' is (1, 4)", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("mixed_float16", "linear + bias|layer norm + Relu|linear + bias", NumericFormat.Float16)]
    [DataRow("mixed_float16; Activation=Float32", "linear + bias|layer norm + Relu|cast|linear + bias", NumericFormat.Float32)]
    [DataRow("mixed_float16; Normalization=Float32", "linear + bias|layer norm|Relu|linear + bias", NumericFormat.Float32)]
    [DataRow("mixed_float16; layer *.norm=Float32", "linear + bias|layer norm|Relu|linear + bias", NumericFormat.Float32)]
    public void Finish_LayerNormBeforeActivation_FusesWhereBothAreStoredAlike(string policy, string operations, NumericFormat stored)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policy), training: true);
        plan.Finish(
            Examples.Network(3, [5], 2, normalization: NormalizationKind.LayerNorm).Body.Build(
                plan,
                PlanBuilder.Input("x", 3, plan.Policy.ComputeFormat.Storage())));
        OpExplanation[] lines = [.. plan.Ops.Select(op => op.Explain())];

        Assert.AreEqual(operations, string.Join('|', lines.Select(line => line.Operation)));
        Assert.AreEqual(
            ("hidden.0.norm", "5", NumericFormat.Float32, stored),
            (lines[1].Layer, lines[1].Shape, lines[1].Operands, lines[1].Stored));
        StringAssert.Contains(lines[1].Reason, $"normalized values stored in {stored}", StringComparison.Ordinal);
        Assert.IsTrue(plan.Ops[1].Parameters.All(parameter => !parameter.Decays));
        Assert.AreEqual(NumericFormat.Float32, plan.Ops[1].ParameterFormat);
    }

    [TestMethod]
    [DataRow("mixed_float16", "linear + bias|batch norm|Relu|linear + bias", NumericFormat.Float16)]
    [DataRow("mixed_float16; Normalization=Float32", "linear + bias|batch norm|Relu|linear + bias", NumericFormat.Float32)]
    public void Finish_BatchNorm_StandsBetweenProductAndActivation(string policy, string operations, NumericFormat stored)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policy), training: true);
        plan.Finish(
            Examples.Network(3, [5], 2, normalization: NormalizationKind.BatchNorm).Body.Build(
                plan,
                PlanBuilder.Input("x", 3, plan.Policy.ComputeFormat.Storage())));
        OpExplanation[] lines = [.. plan.Ops.Select(op => op.Explain())];

        Assert.AreEqual(operations, string.Join('|', lines.Select(line => line.Operation)));
        Assert.AreEqual(
            ("hidden.0.norm", "5", NumericFormat.Float32, stored),
            (lines[1].Layer, lines[1].Shape, lines[1].Operands, lines[1].Stored));
        Assert.AreEqual(NumericFormat.Float32, plan.Ops[1].ParameterFormat);
    }

    [TestMethod]
    public void BatchNorm_StatisticOfOtherWidth_IsRefused()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        var parts = new BatchNormParts(
            new Parameter("a.weight", 1, 3, decays: false),
            new Parameter("a.bias", 1, 3, decays: false),
            new LayerState("a.mean", 3, 0),
            new LayerState("a.var", 4, 1));

        ArgumentException width = Assert.ThrowsExactly<ArgumentException>(
            () => plan.BatchNorm("a", PlanBuilder.Input("x", 3, NumericFormat.Float32), parts));
        StringAssert.Contains(width.Message, "gets 3 columns, but 'a.var' is (1, 4)", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Finish_LayerNormToScore_SavesNothing()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        plan.Finish(
            Examples.Network(3, [5], 2, normalization: NormalizationKind.LayerNorm).Body.Build(
                plan,
                PlanBuilder.Input("x", 3, NumericFormat.Float32)));

        Assert.IsEmpty(plan.Ops.SelectMany(op => op.Extras).ToArray());
    }

    /// <summary>
    /// Each operation's output, and what training keeps beside it, has as many rows an example as the input: sequences and images stay
    /// such.
    /// </summary>
    [TestMethod]
    [DataRow("linear", "mixed_float16")]
    [DataRow("cast", "mixed_float16")]
    [DataRow("layer norm", "float32")]
    [DataRow("batch norm", "float32")]
    [DataRow("activation", "float32")]
    [DataRow("dropout", "float32")]
    [DataRow("residual", "float32")]
    public void Build_SeveralRowsAnExample_OutputHasThemToo(string operation, string policy)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policy), training: true);
        var x = PlanBuilder.Input("x", Shape.Image(5, 2, 3), NumericFormat.Float32);
        Parameter Vector(string name) => new(name, 1, 3, decays: false);
        Parameter Matrix(string name) => new(name, 3, 3, decays: true);
        Value y = operation switch
        {
            "linear" => plan.Linear("op", x, Matrix("w"), Vector("b")),
            "cast" => plan.Cast("op", x, NumericFormat.BFloat16),
            "layer norm" => plan.LayerNorm("op", x, Vector("scale"), Vector("shift")),
            "batch norm" => plan.BatchNorm("op", x, OperationTable.BatchNorm(Vector("scale"), Vector("shift"))),
            "activation" => plan.Activation("op", x, ActivationKind.Gelu),
            "dropout" => plan.Dropout("op", x, 0.5f),
            _ => plan.Residual("op", x, (plan, x) => plan.Linear("branch", x, Matrix("w"), null)),
        };

        Assert.IsNotEmpty(plan.Ops);
        Assert.AreEqual(70, y.RowsOf(7), y.ToString());
        foreach (Value value in plan.Ops.SelectMany(op => op.Extras.Concat(op.Inputs).Concat(op.Outputs))
            .Where(value => value.FixedRows is null))
        {
            Assert.AreEqual((10, 5, 2), (value.Shape.Rows, value.Shape.Height, value.Shape.Width), value.Name);
        }
    }
}
