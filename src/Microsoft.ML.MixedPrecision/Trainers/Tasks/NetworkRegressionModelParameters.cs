using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkRegressionModelParameters),
    null,
    typeof(SignatureLoadModel),
    "Neural network, regression",
    NetworkRegressionModelParameters.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained network that estimates numbers, in units of the label: one, or one for each target.</summary>
public sealed class NetworkRegressionModelParameters : NetworkModelParameters<float>, IValueMapper
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlpReg";
    private const string ModelSignature = "MPMLPREG";

    // "SCAL" and "VECT" in a file: a bit that flips must not make one the other.
    private const int ScalarMark = 0x4C414353, VectorMark = 0x54434556;

    private readonly VectorDataViewType _inputType;
    private readonly DataViewType _outputType;

    internal NetworkRegressionModelParameters(IHostEnvironment env, Network network, bool isVector, TrainingResult? training)
        : base(env, LoaderSignature, network, softmax: false, training)
    {
        IsVector = isVector;
        (_inputType, _outputType) = Types();
    }

    private NetworkRegressionModelParameters(IHostEnvironment env, ModelLoadContext ctx)
        : base(env, LoaderSignature, ctx, softmax: false)
    {
        int mark = ctx.Reader.ReadInt32();
        IsVector = mark == VectorMark;
        if (mark is not ScalarMark and not VectorMark || (!IsVector && Outputs != 1))
        {
            throw new InvalidDataException($"The model file is damaged and cannot be loaded: it should estimate single numbers or "
                + $"vectors, its mark is {mark:X8}, and its network has {Outputs} outputs. Use an undamaged copy of the file, or save "
                + $"the model again.");
        }

        (_inputType, _outputType) = Types();
    }

    /// <summary>Numbers that it estimates.</summary>
    public int Targets => Outputs;

    /// <summary>Whether predictions are vectors, as the label was.</summary>
    internal bool IsVector { get; }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => IsVector ? PredictionKind.MultiOutputRegression : PredictionKind.Regression;

    DataViewType IValueMapper.InputType => _inputType;

    DataViewType IValueMapper.OutputType => _outputType;

    private protected override (string Model, string Loader) Signatures => Names;

    private static (string Model, string Loader) Names => (ModelSignature, LoaderSignature);

    internal static NetworkRegressionModelParameters Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(Names));
        return new NetworkRegressionModelParameters(env, ctx);
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        base.SaveCore(ctx);
        ctx.Writer.Write(IsVector ? VectorMark : ScalarMark);
    }

    ValueMapper<TSource, TDestination> IValueMapper.GetMapper<TSource, TDestination>()
    {
        RowScorer scorer = CreateRowScorer();
        if (IsVector)
        {
            ValueMapper<VBuffer<float>, VBuffer<float>> toVector = (in VBuffer<float> features, ref VBuffer<float> scores)
                => scorer.Run(features, ref scores);
            return (ValueMapper<TSource, TDestination>)(Delegate)toVector;
        }

        ValueMapper<VBuffer<float>, float> map = (in VBuffer<float> features, ref float score) => score = scorer.Run(features)[0];
        return (ValueMapper<TSource, TDestination>)(Delegate)map;
    }

    /// <summary>Estimates are in units of the label, which may be of any size.</summary>
    private protected override bool OutputsFitFloat16 => false;

    /// <summary>Writes the outputs.</summary>
    private protected override IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs) => [outputs];

    private (VectorDataViewType Input, DataViewType Output) Types()
        => (
            new VectorDataViewType(NumberDataViewType.Single, Inputs),
            IsVector ? new VectorDataViewType(NumberDataViewType.Single, Targets) : NumberDataViewType.Single);
}
