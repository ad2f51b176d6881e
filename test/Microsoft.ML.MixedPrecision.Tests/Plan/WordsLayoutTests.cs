using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Values that are no numbers: words that come with the rows, such as ids and bytes.</summary>
[TestClass]
public sealed unsafe class WordsLayoutTests
{
    private const int Examples = 5;

    /// <summary>Rows follow one another without padding; ids that backward reads outlive the forward pass, others' bytes do not reach
    /// them.</summary>
    [TestMethod]
    [DataRow(3, 7)]
    [DataRow(1, 1)]
    public void Words_OfAPlan_LieDenselyInBytesOfTheirOwn(int rows, int columns)
    {
        using var device = new CpuDevice(1);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value x = PlanBuilder.Input("x", 4, NumericFormat.Float32);
        Value ids = PlanBuilder.Input("ids", new Shape(rows, columns), ElementKind.Int32);
        Value pixels = PlanBuilder.Input("pixels", new Shape(rows, columns), ElementKind.Byte);
        var output = new Value("y", Shape.Vector(4), NumericFormat.Float32, NumericFormat.Float32);
        plan.Add(new Reads(x, ids, pixels, output));
        plan.Add(new GivenGradient(output));
        var layout = new ValueLayout(plan, x, plan.Finish(output), Examples);
        using var memory = new ValueMemory(device, layout);

        (long Start, long End)[] places =
        [
            Place(memory.Words(ids, Examples)),
            Place(memory.Words(pixels, Examples)),
            (memory.Value(x, Examples).Address, memory.Value(x, Examples).Address + memory.Value(x, Examples).Bytes),
        ];

        Assert.AreEqual(Examples * rows * columns * sizeof(int), places[0].End - places[0].Start);
        Assert.AreEqual(Examples * rows * columns, places[1].End - places[1].Start);
        Assert.AreEqual(2 * rows * columns, memory.Words(ids, 2).Span<int>().Length);
        Assert.IsTrue(
            places.Order().Zip(places.Order().Skip(1), (before, after) => before.End <= after.Start).All(apart => apart),
            string.Join(", ", places));
        Assert.IsFalse(ids.NeedsGradient);
    }

    private static (long Start, long End) Place(Words words) => (words.Address, words.Address + words.Bytes);

    private sealed class Reads(Value x, Value ids, Value pixels, Value output) : Op("reads", [x, ids, pixels], [output])
    {
        private readonly Parameter _parameter = new("p", 1, 1, decays: false);

        public override IReadOnlyList<Parameter> Parameters => [_parameter];

        public override IEnumerable<Value> Saved => [ids];

        public override OpExplanation Explain() => throw new NotSupportedException();

        public override void Forward(OpContext context) => throw new NotSupportedException();

        public override void Backward(OpContext context, bool accumulate) => throw new NotSupportedException();

        public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values) => throw new NotSupportedException();
    }
}
