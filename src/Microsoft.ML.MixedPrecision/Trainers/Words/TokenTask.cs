using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>One of several classes for each word.</summary>
internal sealed class TokenTask : NetworkTask<NetworkTokenTransformer, NetworkTokenModelParameters>
{
    private readonly IMulticlassOptions? _options;
    private readonly float _smoothing;

    private TokenTask(NetworkTrainerOptions all, IMulticlassOptions? options, float smoothing)
        : base(all, LabelKind.Keys, PredictionKind.MulticlassClassification)
        => (_options, _smoothing) = (options, smoothing);

    /// <inheritdoc/>
    public override Loss Loss => new CrossEntropyLoss(_smoothing, areKeys: true);

    /// <inheritdoc/>
    /// <remarks>Rows have many labels each; those of one class alone teach that class.</remarks>
    public override bool NeedsTwoClasses => false;

    /// <inheritdoc/>
    public override bool HasClassWeights => _options?.ClassWeights is not null;

    /// <inheritdoc/>
    /// <remarks>An area under the curve would need all words' scores at once.</remarks>
    public override IReadOnlyList<BestEpochMetric> BestEpochMetrics => [BestEpochMetric.Loss, BestEpochMetric.Accuracy];

    /// <inheritdoc/>
    protected override string LabelWords => "classes of words";

    /// <inheritdoc/>
    public override SchemaShape.Column Label
        => new(Options.LabelColumnName, SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.UInt32, isKey: true);

    /// <summary>The task of a trainer.</summary>
    /// <typeparam name="TOptions">Its options.</typeparam>
    /// <param name="options">The trainer's own copy of its options.</param>
    public static TokenTask Of<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions, IMulticlassOptions
        => new(options, options, options.LabelSmoothing);

    /// <summary>The task of a language model, whose classes are the tokens themselves.</summary>
    /// <param name="options">The trainer's own copy of its options.</param>
    /// <param name="smoothing">Share of the target that all tokens get alike.</param>
    public static TokenTask OfTexts(NetworkTrainerOptions options, float smoothing) => new(options, null, smoothing);

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns)
        => _options is null ? null : MulticlassTask.ClassWeights(_options, columns);

    /// <inheritdoc/>
    public override void Check()
    {
        if (_options is not null)
        {
            MulticlassTask.Check(_options);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<SchemaShape.Column> Outputs(SchemaShape.Column label)
    {
        var score = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation());
        var predicted = new SchemaShape(
            AnnotationUtils.GetTrainerOutputAnnotation().Concat(
                label.Annotations.Where(annotation => annotation.Name == AnnotationUtils.Kinds.KeyValues)));
        return
        [
            Output(
                DefaultColumnNames.PredictedLabel,
                NumberDataViewType.UInt32,
                predicted,
                SchemaShape.Column.VectorKind.VariableVector,
                isKey: true),
            Output(DefaultColumnNames.Score, NumberDataViewType.Single, score, SchemaShape.Column.VectorKind.VariableVector),
        ];
    }

    /// <inheritdoc/>
    public override NetworkTokenModelParameters Model(IHostEnvironment env, Network network, TrainingResult? training, DataViewType label)
        => new(env, network, training);

    /// <inheritdoc/>
    public override NetworkTokenTransformer Transformer(
        IHostEnvironment env, NetworkTokenModelParameters model, DataViewSchema trainSchema, ColumnRoles roles)
        => new(env, model, trainSchema, (roles.Features, roles.Places!, roles.Label));
}
