using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What is learned, whatever family of networks learns it: the label and its loss.</summary>
/// <param name="options">The trainer's own copy of its options.</param>
/// <param name="labelKind">Of which type the label is.</param>
internal abstract class NetworkTask(NetworkTrainerOptions options, LabelKind labelKind)
{
    /// <summary>The trainer's options.</summary>
    public NetworkTrainerOptions Options => options;

    /// <summary>Of which type the label is.</summary>
    public LabelKind LabelKind => labelKind;

    /// <summary>What training makes small.</summary>
    public abstract Loss Loss { get; }

    /// <summary>Whether rows of a single class are an error.</summary>
    public virtual bool NeedsTwoClasses => true;

    /// <summary>Whether the network learns standardized labels.</summary>
    public virtual bool StandardizesLabel => false;

    /// <summary>Whether rows have weights even without a column of them.</summary>
    public virtual bool HasClassWeights => false;

    /// <summary>Factor of the weights of each class's rows; null for 1.</summary>
    /// <param name="columns">The columns of the training rows.</param>
    /// <exception cref="InvalidOperationException">A class named in the options does not exist.</exception>
    public virtual float[]? ClassWeights(LabelledColumns columns) => null;

    /// <summary>Checks the options of the task.</summary>
    /// <exception cref="ArgumentException">One is outside its range.</exception>
    public abstract void Check();

    /// <summary>Figures by which the best epoch can be chosen.</summary>
    public virtual IReadOnlyList<BestEpochMetric> BestEpochMetrics => Loss.CountsCorrect
        ? [BestEpochMetric.Loss, BestEpochMetric.Accuracy, BestEpochMetric.Auc]
        : [BestEpochMetric.Loss, BestEpochMetric.Rmse];

    /// <summary>What labels are, in messages.</summary>
    protected virtual string LabelWords => Loss.CountsCorrect ? "classes" : "numbers";

    /// <summary>Checks that the best epoch is chosen by a figure that the task has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has another.</exception>
    public void CheckBestEpochMetric()
    {
        if (!BestEpochMetrics.Contains(options.BestEpochMetric))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options.BestEpochMetric),
                options.BestEpochMetric,
                $"BestEpochMetric is {options.BestEpochMetric}; where labels are {LabelWords} it must be "
                    + $"one of {string.Join(", ", BestEpochMetrics)}.");
        }
    }

    /// <summary>A sentence or two for each option of the task that was set and changes nothing.</summary>
    public virtual IEnumerable<string> Idle() => [];
}

/// <summary>A task with what a trained network becomes by it.</summary>
/// <typeparam name="TTransformer">The transformer.</typeparam>
/// <typeparam name="TModel">The model parameters.</typeparam>
/// <param name="options">The trainer's own copy of its options.</param>
/// <param name="labelKind">Of which type the label is.</param>
/// <param name="predictionKind">ML.NET's name of the task.</param>
internal abstract class NetworkTask<TTransformer, TModel>(NetworkTrainerOptions options, LabelKind labelKind, PredictionKind predictionKind)
    : NetworkTask(options, labelKind)
    where TTransformer : NetworkTransformer<TModel>
    where TModel : class
{
    /// <summary>ML.NET's name of the task.</summary>
    public PredictionKind PredictionKind => predictionKind;

    /// <summary>The label as ML.NET's estimators describe it.</summary>
    public abstract SchemaShape.Column Label { get; }

    /// <summary>The columns that the transformer adds, before training.</summary>
    /// <param name="label">The label's column.</param>
    public abstract IEnumerable<SchemaShape.Column> Outputs(SchemaShape.Column label);

    /// <summary>Model parameters.</summary>
    /// <param name="env">The context.</param>
    /// <param name="network">A trained network.</param>
    /// <param name="training">What happened in training; null where that is not known.</param>
    /// <param name="label">Type of the label.</param>
    public abstract TModel Model(IHostEnvironment env, Network network, TrainingResult? training, DataViewType label);

    /// <summary>A transformer.</summary>
    /// <param name="env">The context.</param>
    /// <param name="model">The model parameters.</param>
    /// <param name="trainSchema">Columns of the training rows.</param>
    /// <param name="roles">Which of them were read.</param>
    public abstract TTransformer Transformer(IHostEnvironment env, TModel model, DataViewSchema trainSchema, ColumnRoles roles);

    /// <summary>A column of the transformer.</summary>
    private protected static SchemaShape.Column Output(
        string name,
        DataViewType type,
        SchemaShape annotations,
        SchemaShape.Column.VectorKind kind = SchemaShape.Column.VectorKind.Scalar,
        bool isKey = false)
        => new(name, kind, type, isKey, annotations);
}
