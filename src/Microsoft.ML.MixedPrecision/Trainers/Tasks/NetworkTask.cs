using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What distinguishes the tasks that a perceptron can be trained for.</summary>
/// <param name="LabelKind">Of which type the label is.</param>
/// <param name="Loss">What training makes small.</param>
internal abstract record MlpTask(LabelKind LabelKind, Loss Loss)
{
    /// <summary>Whether rows of a single class are an error.</summary>
    public virtual bool NeedsTwoClasses => true;

    /// <summary>Whether the network learns standardized labels.</summary>
    public virtual bool StandardizesLabel => false;

    /// <summary>Whether rows have weights even without a column of them.</summary>
    public abstract bool HasClassWeights { get; }

    /// <summary>Factor of the weights of each class's rows; null for 1.</summary>
    /// <param name="columns">The columns of the training rows.</param>
    /// <exception cref="InvalidOperationException">A class named in the options does not exist.</exception>
    public abstract float[]? ClassWeights(LabelledColumns columns);
}

/// <summary>One of several classes.</summary>
/// <param name="Options">How to train.</param>
internal sealed record MulticlassTask(MlpMulticlassTrainer.Options Options) : MlpTask(
    LabelKind.Key,
    new CrossEntropyLoss(Options.LabelSmoothing))
{
    /// <inheritdoc/>
    public override bool HasClassWeights => Options.ClassWeights is not null;

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns)
    {
        if (Options.ClassWeights is not { } named)
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
}

/// <summary>Yes or no.</summary>
/// <param name="Options">How to train.</param>
/// <param name="IsOneOfAll">Whether it is one of the networks of one-versus-all, whose class these rows may lack.</param>
internal sealed record BinaryTask(MlpBinaryTrainer.Options Options, bool IsOneOfAll = false) : MlpTask(
    LabelKind.Boolean,
    new BinaryCrossEntropyLoss(Options.LabelSmoothing))
{
    /// <inheritdoc/>
    public override bool NeedsTwoClasses => !IsOneOfAll;

    /// <inheritdoc/>
    public override bool HasClassWeights => Options.PositiveClassWeight != 1;

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns) => HasClassWeights ? [1f, Options.PositiveClassWeight] : null;
}

/// <summary>Numbers.</summary>
/// <param name="Options">How to train.</param>
internal sealed record RegressionTask(MlpRegressionTrainer.Options Options)
    : MlpTask(LabelKind.Number, LossOf(Options))
{
    /// <inheritdoc/>
    public override bool StandardizesLabel => Options.StandardizeLabel;

    /// <inheritdoc/>
    public override bool HasClassWeights => false;

    /// <inheritdoc/>
    public override float[]? ClassWeights(LabelledColumns columns) => null;

    private static Loss LossOf(MlpRegressionTrainer.Options options) => options.Loss switch
    {
        RegressionLoss.SquaredError => new SquaredErrorLoss(),
        RegressionLoss.Huber => new HuberLoss(options.HuberDelta),
        _ => throw UnknownValue.Of(options.Loss),
    };
}
