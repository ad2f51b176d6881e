using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkMulticlassModelParameters),
    null,
    typeof(SignatureLoadModel),
    "Neural network",
    NetworkMulticlassModelParameters.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained network that tells classes apart: from a vector of features to one probability a class, the softmax of
/// the network's outputs.</summary>
public sealed class NetworkMulticlassModelParameters : NetworkModelParameters<VBuffer<float>>, IValueMapper
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlp";

    private readonly VectorDataViewType _inputType;
    private readonly VectorDataViewType _outputType;

    internal NetworkMulticlassModelParameters(IHostEnvironment env, Network network, TrainingResult? training)
        : base(env, LoaderSignature, network, softmax: true, training)
        => (_inputType, _outputType) = (
            new VectorDataViewType(NumberDataViewType.Single, Inputs),
            new VectorDataViewType(NumberDataViewType.Single, Classes));

    private NetworkMulticlassModelParameters(IHostEnvironment env, ModelLoadContext ctx)
        : base(env, LoaderSignature, ctx, softmax: true)
        => (_inputType, _outputType) = (
            new VectorDataViewType(NumberDataViewType.Single, Inputs),
            new VectorDataViewType(NumberDataViewType.Single, Classes));

    /// <summary>Classes that it tells apart.</summary>
    public int Classes => Outputs;

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    DataViewType IValueMapper.InputType => _inputType;

    DataViewType IValueMapper.OutputType => _outputType;

    private protected override (string Model, string Loader) Signatures => Names;

    private static (string Model, string Loader) Names => ("MPMLPNET", LoaderSignature);

    internal static NetworkMulticlassModelParameters Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(Names));
        return new NetworkMulticlassModelParameters(env, ctx);
    }

    ValueMapper<TSource, TDestination> IValueMapper.GetMapper<TSource, TDestination>()
    {
        RowScorer scorer = CreateRowScorer();
        ValueMapper<VBuffer<float>, VBuffer<float>> map = (in VBuffer<float> features, ref VBuffer<float> scores)
            => scorer.Run(features, ref scores);
        return (ValueMapper<TSource, TDestination>)(Delegate)map;
    }

    /// <summary>Writes the predicted label's key, then the probabilities.</summary>
    private protected override IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs)
    {
        OnnxValue scores = writer.Softmax(outputs, "scores");
        return [writer.Key(scores, "predicted"), scores];
    }
}
