using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a multilayer perceptron to tell classes apart, in mixed precision.</summary>
/// <remarks>
/// <para>
/// Each hidden layer computes y = f(x·Wᵀ + b), or y = f(norm(x·Wᵀ + b)) where <see cref="Options.Normalization"/> asks for it, the last layer the logits; the loss is the cross-entropy of their softmax, averaged over the
/// rows of a step. The rows are read once, kept in the format that the network computes in, and shuffled anew each epoch.
/// </para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>Yes: nothing in ML.NET does it by itself; use <c>NormalizeMinMax</c> or <c>NormalizeMeanVariance</c></description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>key of UInt32; rows without one are left out, counted and logged</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, dense or sparse; finite</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term><c>Score</c>, out</term><description>vector of Single: probability of each class, slot names as the label's values</description></item>
/// <item><term><c>PredictedLabel</c>, out</term><description>key like the label's</description></item>
/// </list>
/// </remarks>
public sealed partial class MlpMulticlassTrainer : TrainerEstimatorBase<MlpMulticlassTransformer, MlpModelParameters>, IEstimator<MlpMulticlassTransformer>
{
    private readonly Options _options;
    private readonly ColumnRoles _roles;
    private readonly int? _contextSeed;

    internal MlpMulticlassTrainer(IHostEnvironment env, Options options)
        : this(env, Checked(options), (env as IHostEnvironmentInternal)?.Seed)
    {
    }

    private MlpMulticlassTrainer(IHostEnvironment env, Options options, int? contextSeed)
        : base(
            env.Register(nameof(MlpMulticlassTrainer)),
            TrainerUtils.MakeR4VecFeature(options.FeatureColumnName),
            TrainerUtils.MakeU4ScalarColumn(options.LabelColumnName),
            TrainerUtils.MakeR4ScalarWeightColumn(options.ExampleWeightColumnName))
    {
        _options = options;
        _roles = new ColumnRoles(options.FeatureColumnName, options.LabelColumnName, options.ExampleWeightColumnName);
        _contextSeed = contextSeed;
    }

    /// <inheritdoc/>
    public override TrainerInfo Info { get; } = new(normalization: true, caching: false, supportValid: true);

    /// <inheritdoc/>
    protected override PredictionKind PredictionKind => PredictionKind.MulticlassClassification;

    /// <summary>Trains.</summary>
    /// <param name="input">Training rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be trained on; the message names column and row.</exception>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    /// <exception cref="OperationCanceledException">The token or the context was cancelled.</exception>
    public new MlpMulticlassTransformer Fit(IDataView input) => Train(input, _options.ValidationSet);

    /// <summary>Trains, and validates after each epoch.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows, transformed by the same fitted transformers.</param>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public MlpMulticlassTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(validationData);
        return _options.ValidationSet is null && _options.ValidationFraction == 0
            ? Train(trainData, validationData)
            : throw new ArgumentException($"There are validation rows by {nameof(Options.ValidationSet)} or {nameof(Options.ValidationFraction)} already; leave those unset, or call Fit with the training rows alone.", nameof(validationData));
    }

    /// <summary>Columns of the fitted transformer's result.</summary>
    /// <param name="inputSchema">Shape of the data before.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public new SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _roles.Check(inputSchema);
        return base.GetOutputSchema(inputSchema);
    }

    /// <inheritdoc/>
    protected override SchemaShape.Column[] GetOutputColumnsCore(SchemaShape inputSchema)
    {
        inputSchema.TryFindColumn(_roles.Label, out SchemaShape.Column label);
        var score = new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label));
        var predicted = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation().Concat(label.Annotations.Where(annotation => annotation.Name == AnnotationUtils.Kinds.KeyValues)));
        return
        [
            new SchemaShape.Column(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, score),
            new SchemaShape.Column(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, predicted),
        ];
    }

    /// <inheritdoc/>
    protected override MlpModelParameters TrainModelCore(TrainContext trainContext)
    {
        int seed = _options.Seed ?? _contextSeed ?? Host.Rand.Next();
        using IChannel channel = Host.Start("Training");
        return new MlpTraining(Host, channel, _options, _roles, seed).Run(trainContext.TrainingSet.Data, trainContext.ValidationSet?.Data);
    }

    /// <inheritdoc/>
    protected override MlpMulticlassTransformer MakeTransformer(MlpModelParameters model, DataViewSchema trainSchema)
        => new(Host, model, trainSchema, _roles.Features, _roles.Label);

    private static Options Checked(Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.ThrowIfInvalid(options);
        return options.Copy();
    }

    private MlpMulticlassTransformer Train(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        _roles.Check(SchemaShape.Create(trainData.Schema));
        return TrainTransformer(trainData, validationData);
    }
}
