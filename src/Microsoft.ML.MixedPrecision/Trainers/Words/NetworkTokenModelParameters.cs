using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkTokenModelParameters),
    null,
    typeof(SignatureLoadModel),
    "Neural network",
    NetworkTokenModelParameters.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained network that tells classes of tokens apart: from a vector of tokens to one probability a class for each of them, the
/// softmax of the network's outputs, token behind token; zeros behind the last token.</summary>
public sealed class NetworkTokenModelParameters : NetworkModelParameters<VBuffer<float>>, IValueMapper
{
    internal const string LoaderSignature = "MixedPrecisionTokenNet";

    /// <summary>What who exports it is told.</summary>
    internal const string WithoutOnnx = "The network is one of TokenClassification, with scores of each word, which have no form in ONNX "
        + "yet; score in ML.NET, with Transform or a prediction engine.";

    private readonly VectorDataViewType _inputType;
    private readonly VectorDataViewType _outputType;

    internal NetworkTokenModelParameters(IHostEnvironment env, Network network, TrainingResult? training)
        : base(env, LoaderSignature, network, softmax: true, training)
        => (_inputType, _outputType) = Types();

    private NetworkTokenModelParameters(IHostEnvironment env, ModelLoadContext ctx)
        : base(env, LoaderSignature, ctx, softmax: true)
    {
        if (Network.Network.Output is not { IsSequence: true })
        {
            throw new InvalidDataException("The model file is damaged and cannot be loaded: its network has no scores of tokens. Use an "
                + "undamaged copy of the file, or save the model again.");
        }

        (_inputType, _outputType) = Types();
    }

    /// <summary>Classes that it tells apart.</summary>
    public int Classes => Network.Network.Output.Columns;

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    DataViewType IValueMapper.InputType => _inputType;

    DataViewType IValueMapper.OutputType => _outputType;

    private protected override (string Model, string Loader) Signatures => Names;

    private static (string Model, string Loader) Names => ("MPTOKNET", LoaderSignature);

    private NetworkModel Network => ((INetworkModel)this).Network;

    internal static NetworkTokenModelParameters Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(Names));
        return new NetworkTokenModelParameters(env, ctx);
    }

    ValueMapper<TSource, TDestination> IValueMapper.GetMapper<TSource, TDestination>()
    {
        RowScorer scorer = CreateRowScorer();
        ValueMapper<VBuffer<float>, VBuffer<float>> map = (in VBuffer<float> tokens, ref VBuffer<float> scores)
            => scorer.Run(tokens, ref scores);
        return (ValueMapper<TSource, TDestination>)(Delegate)map;
    }

    /// <exception cref="NotSupportedException">Always.</exception>
    private protected override IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs)
        => throw new NotSupportedException(WithoutOnnx);

    private (VectorDataViewType Input, VectorDataViewType Output) Types() => (
        new VectorDataViewType(NumberDataViewType.Single, Inputs),
        new VectorDataViewType(NumberDataViewType.Single, Outputs));
}
