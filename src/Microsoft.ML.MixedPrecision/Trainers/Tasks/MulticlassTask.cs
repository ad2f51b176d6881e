using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>One of several classes.</summary>
internal sealed class MulticlassTask : NetworkTask<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>
{
    private readonly IMulticlassOptions _options;

    private MulticlassTask(NetworkTrainerOptions all, IMulticlassOptions options)
        : base(all, LabelKind.Key, PredictionKind.MulticlassClassification)
        => _options = options;

    /// <inheritdoc/>
    public override Loss Loss => new CrossEntropyLoss(_options.LabelSmoothing);

    /// <inheritdoc/>
    public override bool HasClassWeights => _options.ClassWeights is not null;

    /// <inheritdoc/>
    public override SchemaShape.Column Label => TrainerUtils.MakeU4ScalarColumn(Options.LabelColumnName);

    /// <summary>The task of a trainer.</summary>
    /// <typeparam name="TOptions">Its options.</typeparam>
    /// <param name="options">The trainer's own copy of its options.</param>
    public static MulticlassTask Of<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions, IMulticlassOptions
        => new(options, options);

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns) => ClassWeights(_options, columns);

    /// <inheritdoc/>
    public override void Check() => Check(_options);

    /// <summary>Factor of the weights of each class; null for 1.</summary>
    /// <param name="options">The options, which name classes.</param>
    /// <param name="columns">The columns of the training rows.</param>
    /// <exception cref="InvalidOperationException">A class named in the options does not exist.</exception>
    public static float[]? ClassWeights(IMulticlassOptions options, LabelledColumns columns)
    {
        if (options.ClassWeights is not { } named)
        {
            return null;
        }

        string[] classes = columns.ClassTexts();
        float[] weights = new float[classes.Length];
        Array.Fill(weights, 1f);
        foreach ((string name, float weight) in named)
        {
            int label = Array.IndexOf(classes, name);
            weights[label >= 0 ? label : throw new InvalidOperationException($"ClassWeights names the class '{name}', but column "
                + $"'{columns.Label.Name}' has "
                + $"{string.Join(", ", classes.Take(20).Select(text => $"'{text}'"))}{(classes.Length > 20 ? ", …" : "")}. Correct the "
                + $"name.")] = weight;
        }

        return weights;
    }

    /// <summary>Checks the options of classes.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">One is outside its range.</exception>
    public static void Check(IMulticlassOptions options)
    {
        Require(IsShare(options.LabelSmoothing), nameof(options.LabelSmoothing), options.LabelSmoothing,
            "at least 0 and below 1, for example 0.1");
        foreach ((string name, float weight) in options.ClassWeights ?? new Dictionary<string, float>())
        {
            Require(weight >= 0 && float.IsFinite(weight), nameof(options.ClassWeights),
                $"{weight.ToString(CultureInfo.InvariantCulture)} for '{name}'", "finite and at least 0");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<SchemaShape.Column> Outputs(SchemaShape.Column label)
    {
        var predicted = new SchemaShape(
            AnnotationUtils.GetTrainerOutputAnnotation().Concat(
                label.Annotations.Where(annotation => annotation.Name == AnnotationUtils.Kinds.KeyValues)));
        return
        [
            Output(
                DefaultColumnNames.Score,
                NumberDataViewType.Single,
                ClassSlotNames.AnnotationsOfScore(label),
                SchemaShape.Column.VectorKind.Vector),
            Output(DefaultColumnNames.PredictedLabel, NumberDataViewType.UInt32, predicted, isKey: true),
        ];
    }

    /// <inheritdoc/>
    public override NetworkMulticlassModelParameters Model(
        IHostEnvironment env,
        Network network,
        TrainingResult? training,
        DataViewType label)
        => new(env, network, training);

    /// <inheritdoc/>
    public override NetworkMulticlassTransformer Transformer(
        IHostEnvironment env,
        NetworkMulticlassModelParameters model,
        DataViewSchema trainSchema,
        ColumnRoles roles)
        => new(env, model, trainSchema, roles.Features, roles.Label);
}
