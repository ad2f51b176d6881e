using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>A fixed network of two layers with given weights, as ML.NET's scorer takes it: enough to export.</summary>
internal sealed class SmallNetwork : ModelParametersBase<VBuffer<float>>, IValueMapper, ISingleCanSaveOnnx
{
    private const int Hidden = 16;
    private readonly int _inputs;
    private readonly int _classes;
    private readonly float[] _w0;
    private readonly float[] _b0;
    private readonly float[] _w1;
    private readonly float[] _b1;

    public SmallNetwork(IHostEnvironment env, int inputs, int classes, float weightScale = 1)
        : base(env, nameof(SmallNetwork))
    {
        var random = new Random(11);
        _inputs = inputs;
        _classes = classes;
        (_w0, _b0) = (Values(Hidden * inputs, weightScale), Values(Hidden, 0.1f));
        (_w1, _b1) = (Values(classes * Hidden, 1), Values(classes, 0.1f));

        float[] Values(int count, float scale) => [.. Enumerable.Range(0, count).Select(_ => scale * (2 * random.NextSingle() - 1))];
    }

    /// <summary>Whether it writes itself; if not, it says so only when it is asked to.</summary>
    public bool Writes { get; init; } = true;

    /// <summary>What it multiplies its last weights by as it writes itself: at 1 the file computes what it does.</summary>
    public float WrittenScale { get; init; } = 1;

    DataViewType IValueMapper.InputType => new VectorDataViewType(NumberDataViewType.Single, _inputs);

    DataViewType IValueMapper.OutputType => new VectorDataViewType(NumberDataViewType.Single, _classes);

    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    /// <summary>The fitted transformer that scores with it.</summary>
    public MulticlassPredictionTransformer<SmallNetwork> ToTransformer(MLContext ml, DataViewSchema schema)
        => new(ml, this, schema, "Features", "Label");

    ValueMapper<TIn, TOut> IValueMapper.GetMapper<TIn, TOut>()
    {
        ValueMapper<VBuffer<float>, VBuffer<float>> map = (in VBuffer<float> x, ref VBuffer<float> scores) =>
        {
            var hidden = Linear([.. x.DenseValues()], _w0, _b0).Select(MathF.Tanh).ToArray();
            var powers = Linear(hidden, _w1, _b1).Select(MathF.Exp).ToArray();
            scores = new VBuffer<float>(_classes, [.. powers.Select(power => power / powers.Sum())]);
        };
        return (ValueMapper<TIn, TOut>)(Delegate)map;
    }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => true;

    bool ISingleCanSaveOnnx.SaveAsOnnx(OnnxContext ctx, string[] outputNames, string featureColumn)
        => Writes && OnnxNetwork.Write(ctx, outputNames, featureColumn, (writer, x) =>
        {
            writer.Metadata["mixedprecision.policy"] = "mixed_float16";
            var hidden = writer.Activation(
                writer.Linear(x, _w0, _b0, _inputs, Hidden, "hidden.0"),
                ActivationKind.Tanh,
                "hidden.0.activation");
            var scores = writer.Softmax(
                writer.Linear(hidden, Array.ConvertAll(_w1, weight => weight * WrittenScale), _b1, Hidden, _classes, "output"),
                "scores");
            return [writer.Key(scores, "key"), scores];
        });

    private static IEnumerable<float> Linear(float[] x, float[] weight, float[] bias)
        => bias.Select((b, row) => b + x.Select((item, column) => item * weight[(row * x.Length) + column]).Sum());
}
