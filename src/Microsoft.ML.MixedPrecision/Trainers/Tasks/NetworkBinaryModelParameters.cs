using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkBinaryModelParameters),
    null,
    typeof(SignatureLoadModel),
    "Neural network, binary",
    NetworkBinaryModelParameters.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained network that answers yes or no: from a vector of features to a score, the logit, and its probability
/// 1/(1 + e^−score).</summary>
/// <remarks>It tells ML.NET that it has a probability of its own (<c>IDistPredictorProducing</c>), so that meta-trainers such as
/// one-versus-all train no calibrator on top.</remarks>
public sealed class NetworkBinaryModelParameters : NetworkModelParameters<float>, IValueMapperDist, IDistPredictorProducing<float, float>
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlpBin";
    private const string ModelSignature = "MPMLPBIN";

    private readonly VectorDataViewType _inputType;

    internal NetworkBinaryModelParameters(IHostEnvironment env, Network network, TrainingResult? training)
        : base(env, LoaderSignature, network, softmax: false, training)
        => _inputType = new VectorDataViewType(NumberDataViewType.Single, Inputs);

    private NetworkBinaryModelParameters(IHostEnvironment env, ModelLoadContext ctx)
        : base(env, LoaderSignature, ctx, softmax: false)
    {
        _inputType = new VectorDataViewType(NumberDataViewType.Single, Inputs);
        if (Outputs != 1)
        {
            throw new InvalidDataException($"The model file is damaged and cannot be loaded: a binary network has 1 output, this one "
                + $"{Outputs}. Use an undamaged copy of the file, or save the model again.");
        }
    }

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.BinaryClassification;

    DataViewType IValueMapper.InputType => _inputType;

    DataViewType IValueMapper.OutputType => NumberDataViewType.Single;

    DataViewType IValueMapperDist.DistType => NumberDataViewType.Single;

    private protected override (string Model, string Loader) Signatures => Names;

    private static (string Model, string Loader) Names => (ModelSignature, LoaderSignature);

    /// <summary>1/(1 + e^−score), without overflow.</summary>
    /// <param name="score">The logit.</param>
    internal static float Probability(float score)
    {
        float e = MathF.Exp(-MathF.Abs(score));
        return (score >= 0 ? 1 : e) / (1 + e);
    }

    internal static NetworkBinaryModelParameters Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(Names));
        return new NetworkBinaryModelParameters(env, ctx);
    }

    ValueMapper<TSource, TDestination> IValueMapper.GetMapper<TSource, TDestination>()
    {
        RowScorer scorer = CreateRowScorer();
        ValueMapper<VBuffer<float>, float> map = (in VBuffer<float> features, ref float score) => score = scorer.Run(features)[0];
        return (ValueMapper<TSource, TDestination>)(Delegate)map;
    }

    ValueMapper<TSource, TDestination, TProbability> IValueMapperDist.GetMapper<TSource, TDestination, TProbability>()
    {
        RowScorer scorer = CreateRowScorer();
        ValueMapper<VBuffer<float>, float, float> map = (in VBuffer<float> features, ref float score, ref float probability) =>
        {
            score = scorer.Run(features)[0];
            probability = Probability(score);
        };
        return (ValueMapper<TSource, TDestination, TProbability>)(Delegate)map;
    }

    /// <summary>Writes score and probability; the predicted label, the first, is written by ML.NET's scorer.</summary>
    private protected override IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs)
        => [null, outputs, writer.Probability(outputs, "probability")];
}
