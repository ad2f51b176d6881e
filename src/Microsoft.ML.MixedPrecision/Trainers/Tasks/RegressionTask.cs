using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Numbers.</summary>
internal sealed class RegressionTask : NetworkTask<NetworkRegressionTransformer, NetworkRegressionModelParameters>
{
    private static readonly IdleOption<IRegressionOptions> HuberDelta = new(
        nameof(IRegressionOptions.HuberDelta),
        options => options.HuberDelta,
        options => options.Loss == RegressionLoss.SquaredError ? "Loss is SquaredError" : null,
        "Set Loss to Huber, or leave HuberDelta out.");

    private readonly IRegressionOptions _options;

    private RegressionTask(NetworkTrainerOptions all, IRegressionOptions options)
        : base(all, LabelKind.Number, PredictionKind.Regression)
        => _options = options;

    /// <inheritdoc/>
    public override Loss Loss => _options.Loss switch
    {
        RegressionLoss.SquaredError => new SquaredErrorLoss(),
        RegressionLoss.Huber => new HuberLoss(_options.HuberDelta),
        _ => throw UnknownValue.Of(_options.Loss),
    };

    /// <inheritdoc/>
    public override bool StandardizesLabel => _options.StandardizeLabel;

    /// <inheritdoc/>
    public override SchemaShape.Column Label => TrainerUtils.MakeR4ScalarColumn(Options.LabelColumnName);

    /// <summary>The task of a trainer.</summary>
    /// <typeparam name="TOptions">Its options.</typeparam>
    /// <param name="options">The trainer's own copy of its options.</param>
    public static RegressionTask Of<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions, IRegressionOptions
        => new(options, options);

    /// <inheritdoc/>
    public override void Check()
    {
        RequireDefined(_options.Loss, nameof(_options.Loss));
        Require(IsPositive(_options.HuberDelta), nameof(_options.HuberDelta), _options.HuberDelta, "finite and above 0, by default 1");
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Idle() => HuberDelta.Of(_options) is { } idle ? [idle] : [];

    /// <inheritdoc/>
    public override IEnumerable<SchemaShape.Column> Outputs(SchemaShape.Column label)
    {
        var annotations = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation());
        return [Output(DefaultColumnNames.Score, NumberDataViewType.Single, annotations, label.Kind)];
    }

    /// <inheritdoc/>
    public override NetworkRegressionModelParameters Model(
        IHostEnvironment env,
        Network network,
        TrainingResult? training,
        DataViewType label)
        => new(env, network, label is VectorDataViewType, training);

    /// <inheritdoc/>
    public override NetworkRegressionTransformer Transformer(
        IHostEnvironment env,
        NetworkRegressionModelParameters model,
        DataViewSchema trainSchema,
        ColumnRoles roles)
        => new(env, model, trainSchema, roles.Features);
}
