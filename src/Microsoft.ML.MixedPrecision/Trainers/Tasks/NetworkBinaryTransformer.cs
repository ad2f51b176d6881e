using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkBinaryTransformer),
    null,
    typeof(SignatureLoadModel),
    "Neural network, binary",
    NetworkBinaryTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Predicts yes or no with a trained network. Adds the columns <c>Score</c> (the logit), <c>Probability</c> (of yes) and
/// <c>PredictedLabel</c> (whether the probability is above <see cref="Threshold"/>).
/// </summary>
/// <inheritdoc/>
public sealed class NetworkBinaryTransformer : NetworkTransformer<NetworkBinaryModelParameters>
{
    // Historical, as is the other: perceptrons were the first family. Files of all families have them, and will.
    internal const string LoaderSignature = "MixedPrecisionMlpBinT";
    private const string ModelSignature = "MPMLPBNT";

    internal NetworkBinaryTransformer(
        IHostEnvironment env,
        NetworkBinaryModelParameters model,
        DataViewSchema trainSchema,
        string featureColumn,
        float threshold = 0.5f)
        : base(env.Register(LoaderSignature), model, trainSchema, featureColumn)
    {
        Threshold = threshold;
        Columns = new BinaryColumns(Model, ScoreThreshold);
        Scorer = CreateScorer();
    }

    private NetworkBinaryTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        Threshold = ctx.Reader.ReadSingle();
        if (ctx.Reader.ReadInt32() != ~BitConverter.SingleToInt32Bits(Threshold) || !(Threshold is >= 0 and <= 1))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The model file is damaged and cannot be "
                + $"loaded: its threshold, {Threshold}, is not from 0 to 1 or does not agree with its copy. Use an undamaged copy of the "
                + $"file, or save the model again."));
        }

        CheckTrainSchema(null, "answers yes or no", _ => true);
        Columns = new BinaryColumns(Model, ScoreThreshold);
        Scorer = CreateScorer();
    }

    /// <summary>The probability above which the prediction is yes; 0.5 after training.</summary>
    public float Threshold { get; }

    private protected override ScoreColumns Columns { get; }

    /// <summary>The threshold of the score: that of the probability p, ln(p/(1 − p)).</summary>
    private float ScoreThreshold => (float)Math.Log(Threshold / (1.0 - Threshold));

    /// <summary>The same model with another threshold, for when one kind of error costs more than the other. Scores and probabilities
    /// stay.</summary>
    /// <param name="threshold">The probability above which the prediction is yes; from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another number.</exception>
    public NetworkBinaryTransformer WithThreshold(float threshold)
        => threshold is >= 0 and <= 1
            ? new NetworkBinaryTransformer(Host, Model, TrainSchema, FeatureColumnName, threshold) { Mapper = Mapper }
            : throw new ArgumentOutOfRangeException(nameof(threshold), string.Create(CultureInfo.InvariantCulture,
                $"The threshold is {threshold}; as that of a probability it must be from 0 to 1. After training it is 0.5."));

    internal static NetworkBinaryTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(ModelSignature, LoaderSignature));
        TrainSchemaEntry.Check(ctx);
        return Loaded(() => new NetworkBinaryTransformer(env, ctx));
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Saved(ModelSignature, LoaderSignature));
        base.SaveCore(ctx);
        ctx.Writer.Write(Threshold);
        ctx.Writer.Write(~BitConverter.SingleToInt32Bits(Threshold)); // No checksum covers it.
    }

    private BinaryClassifierScorer CreateScorer()
    {
        var schema = new RoleMappedSchema(TrainSchema, null, FeatureColumnName);
        var arguments = new BinaryClassifierScorer.Arguments { Threshold = ScoreThreshold, ThresholdColumn = DefaultColumnNames.Score };
        return new BinaryClassifierScorer(Host, arguments, new EmptyDataView(Host, TrainSchema), BindableMapper.Bind(Host, schema), schema);
    }
}
