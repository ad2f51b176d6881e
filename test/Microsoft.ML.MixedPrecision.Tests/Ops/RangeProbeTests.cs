using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
public sealed class RangeProbeTests
{
    [TestMethod]
    public void Run_ValueAndGradient_EachReportsItsOwnBuffer()
    {
        // Float16's smallest normal is 6.1035e-5. Columns are few, so that padding would be seen.
        using TestTensor values = TestTensor.Of(
            NumericFormat.Float16,
            2,
            3,
            (row, column) => new double[,] { { 0, 1e-6, -3 }, { 6.1035e-5, -1e-5, 2 } }[row, column]);
        using TestTensor gradients = TestTensor.Of(NumericFormat.Float32, 2, 3, (row, _) => row == 0 ? 0 : 7e-5);
        using var context = new Context(values, gradients);
        var value = new Value("v", Shape.Vector(3), NumericFormat.Float16, NumericFormat.Float32);
        using var ofValue = new RangeProbe(value, ofGradient: false, context.Device);
        using var ofGradient = new RangeProbe(value, ofGradient: true, context.Device);
        ofValue.Run(context);
        ofGradient.Run(context);

        Check(ofValue, "v", NumericFormat.Float16, largest: 3f, belowNormal: 2.0 / 5, zeros: 1.0 / 6);
        Check(ofGradient, "v.gradient", NumericFormat.Float32, largest: 7e-5f, belowNormal: 0, zeros: 0.5);

        values[1, 1] = double.NaN;
        ofValue.Run(context);
        Check(ofValue, "v", NumericFormat.Float16, largest: float.PositiveInfinity, belowNormal: 3.0 / 10, zeros: 2.0 / 12);
    }

    private static void Check(RangeProbe probe, string name, NumericFormat format, float largest, double belowNormal, double zeros)
    {
        ValueRange range = probe.ToRange();
        Assert.AreEqual(name, range.Name);
        Assert.AreEqual(format, range.Format);
        Assert.AreEqual(largest, range.Largest);
        Assert.AreEqual(belowNormal, range.BelowNormal, 1e-12);
        Assert.AreEqual(zeros, range.Zeros, 1e-12);
    }

    private sealed class Context(Tensor value, Tensor gradient) : OpContext, IDisposable
    {
        public override CpuDevice Device { get; } = new(1);

        public override Tensor this[Value of] => value;

        public override Words Words(Value of) => throw new NotSupportedException();

        public override Tensor Gradient(Value of) => gradient;

        public override Tensor Operand(Parameter parameter) => throw new NotSupportedException();

        public override Tensor Gradient(Parameter parameter) => throw new NotSupportedException();

        public void Dispose() => Device.Dispose();
    }
}
