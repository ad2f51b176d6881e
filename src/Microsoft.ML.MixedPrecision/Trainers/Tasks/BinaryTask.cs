using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Yes or no.</summary>
internal sealed class BinaryTask : NetworkTask<NetworkBinaryTransformer, NetworkBinaryModelParameters>
{
    private readonly IBinaryOptions _options;

    private BinaryTask(NetworkTrainerOptions all, IBinaryOptions options)
        : base(all, LabelKind.Boolean, PredictionKind.BinaryClassification)
        => _options = options;

    /// <inheritdoc/>
    public override Loss Loss => new BinaryCrossEntropyLoss(_options.LabelSmoothing);

    /// <inheritdoc/>
    public override bool NeedsTwoClasses => !IsOneOfAll;

    /// <inheritdoc/>
    public override bool HasClassWeights => _options.PositiveClassWeight != 1;

    /// <inheritdoc/>
    public override SchemaShape.Column Label => TrainerUtils.MakeBoolScalarLabel(Options.LabelColumnName);

    /// <summary>Whether it is one of the networks of one-versus-all, whose class these rows may lack.</summary>
    private bool IsOneOfAll { get; init; }

    /// <summary>The task of a trainer.</summary>
    /// <typeparam name="TOptions">Its options.</typeparam>
    /// <param name="options">The trainer's own copy of its options.</param>
    public static BinaryTask Of<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions, IBinaryOptions
        => new(options, options);

    /// <summary>The same task as one of one-versus-all's, for another label column, of which all values may be false.</summary>
    /// <param name="labelColumnName">The column.</param>
    /// <exception cref="ArgumentException">There is a validation set, whose label ML.NET does not turn into yes or no for each
    /// class.</exception>
    public BinaryTask OneOfAll(string labelColumnName)
    {
        if (Options.ValidationSet is not null)
        {
            throw new ArgumentException("ValidationSet is set, but one-versus-all asks another question of each network, is it this "
                + "class, to which only the training rows are given the answers. Leave ValidationSet unset, and set ValidationFraction "
                + "to keep back a share of the training rows instead.");
        }

        NetworkTrainerOptions options = Options.Copy();
        options.LabelColumnName = labelColumnName;
        return new BinaryTask(options, (IBinaryOptions)options) { IsOneOfAll = true };
    }

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns) => HasClassWeights ? [1f, _options.PositiveClassWeight] : null;

    /// <inheritdoc/>
    public override void Check()
    {
        Require(IsShare(_options.LabelSmoothing), nameof(_options.LabelSmoothing), _options.LabelSmoothing,
            "at least 0 and below 1, for example 0.1");
        Require(IsPositive(_options.PositiveClassWeight), nameof(_options.PositiveClassWeight), _options.PositiveClassWeight,
            "finite and above 0, by default 1");
    }

    /// <inheritdoc/>
    public override IEnumerable<SchemaShape.Column> Outputs(SchemaShape.Column label)
    {
        var annotations = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation());
        var ofProbability = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        return
        [
            Output(DefaultColumnNames.Score, NumberDataViewType.Single, annotations),
            Output(DefaultColumnNames.Probability, NumberDataViewType.Single, ofProbability),
            Output(DefaultColumnNames.PredictedLabel, BooleanDataViewType.Instance, annotations),
        ];
    }

    /// <inheritdoc/>
    public override NetworkBinaryModelParameters Model(IHostEnvironment env, Network network, TrainingResult? training, DataViewType label)
        => new(env, network, training);

    /// <inheritdoc/>
    public override NetworkBinaryTransformer Transformer(
        IHostEnvironment env,
        NetworkBinaryModelParameters model,
        DataViewSchema trainSchema,
        ColumnRoles roles)
        => new(env, model, trainSchema, roles.Features);
}
