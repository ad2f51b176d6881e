using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>
/// Reads an input of each kind and adds them to the features, in this order and in Float32: y[n, c] = x[n, c] + Σₜ table[idₙₜ, c] over the
/// real tokens t, + pixel[n, c mod P]/256, + Σₗ series[n, l, c mod S]. An id that is none throws, as a layer that looks it up would read
/// beyond its table.
/// </summary>
internal sealed unsafe class LookUpOp : Op
{
    private readonly Action<LookUpOp, OpContext>? _onCard;

    public LookUpOp(Value x, Value ids, Value lengths, Value pixels, Value series, Value output, Action<LookUpOp, OpContext>? onCard)
        : base("look-up", [x, ids, lengths, pixels, series], [output])
        => _onCard = onCard;

    public override IEnumerable<Value> Saved => [];

    /// <summary>A number of the table; exact in Float32, as all numbers here are.</summary>
    public static float Table(int id, int column) => (((id * 5) + (column * 3)) % 17 / 16f) - 0.5f;

    public override OpExplanation Explain()
        => new(Name, "look-up", $"{Outputs[0].Columns}", NumericFormat.Float32, NumericFormat.Float32, "test");

    public override void Forward(OpContext context)
    {
        if (_onCard is not null)
        {
            _onCard(this, context);
            return;
        }

        Tensor x = context[Inputs[0]], series = context[Inputs[4]], y = context[Outputs[0]];
        Words ids = context.Words(Inputs[1]), lengths = context.Words(Inputs[2]), pixels = context.Words(Inputs[3]);
        int tokens = ids.Rows / x.Rows, lines = series.Rows / x.Rows;
        for (int row = 0; row < x.Rows; row++)
        {
            float[] line = new ReadOnlySpan<float>(x.Row(row), x.Columns).ToArray();
            Add(
                line,
                ids.Span<int>().Slice(row * tokens, lengths.Span<int>()[row]),
                pixels.Span<byte>().Slice(row * pixels.Columns, pixels.Columns),
                [.. Enumerable.Range(row * lines, lines).Select(step => Row(series, step))]);
            line.CopyTo(new Span<float>(y.Row(row), y.Columns));
        }

        static float[] Row(Tensor tensor, int row) => new ReadOnlySpan<float>(tensor.Row(row), tensor.Columns).ToArray();
    }

    /// <summary>What is added to a row's features.</summary>
    public static void Add(Span<float> row, ReadOnlySpan<int> ids, ReadOnlySpan<byte> pixels, float[][] series)
    {
        for (int column = 0; column < row.Length; column++)
        {
            foreach (int id in ids)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)ColumnsCase.Vocabulary);
                row[column] += Table(id, column);
            }

            row[column] += pixels[column % pixels.Length] / 256f;
            foreach (float[] step in series)
            {
                row[column] += step[column % step.Length];
            }
        }
    }

    public override void Backward(OpContext context, bool accumulate) => throw new NotSupportedException();

    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values) => throw new NotSupportedException();

    /// <summary>The operation as a layer, which brings its further inputs along.</summary>
    public sealed class Layer(Action<LookUpOp, OpContext>? onCard) : MixedPrecision.Layers.Layer
    {
        public override IEnumerable<Parameter> Parameters => [];

        public override Value Build(PlanBuilder plan, Value x)
        {
            var y = new Value("looked-up", x.Shape, NumericFormat.Float32, NumericFormat.Float32);
            plan.Add(new LookUpOp(
                x,
                PlanBuilder.Input("ids", new Shape(ColumnsCase.Tokens, 1), ElementKind.Int32),
                PlanBuilder.Input("length", Shape.Vector(1), ElementKind.Int32),
                PlanBuilder.Input("pixels", Shape.Vector(ColumnsCase.Pixels), ElementKind.Byte),
                PlanBuilder.Input("series", new Shape(ColumnsCase.Lines, ColumnsCase.Channels), NumericFormat.Float32),
                y,
                onCard));
            return y;
        }
    }
}
