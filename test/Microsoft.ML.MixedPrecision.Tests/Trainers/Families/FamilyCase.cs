using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>A row of the table: an invented family and a task.</summary>
/// <param name="task">For people.</param>
/// <param name="source">Column that the label is made from.</param>
/// <param name="isSeveral">Whether it is the family over several columns.</param>
internal abstract class FamilyCase(string task, string source, bool isSeveral)
{
    /// <summary>All, as arguments of tests.</summary>
    public static IEnumerable<object[]> All =>
    [
        [new MulticlassFamilyCase(isSeveral: false)],
        [new BinaryFamilyCase(isSeveral: false)],
        [new RegressionFamilyCase(isSeveral: false)],
        [new MulticlassFamilyCase(isSeveral: true)],
        [new BinaryFamilyCase(isSeveral: true)],
        [new RegressionFamilyCase(isSeveral: true)],
    ];

    /// <summary>Whether it is the family over several columns.</summary>
    public bool IsSeveral => isSeveral;

    /// <summary>Columns that the transformer adds.</summary>
    public abstract string[] Columns { get; }

    /// <summary>Columns of <see cref="TrialRow"/> that a model reads.</summary>
    public string[] Inputs => isSeveral ? ["Left", "Right", "Noise", "Group"] : ["Left", "Right", "Noise", "Side"];

    /// <summary>The trainer.</summary>
    public abstract IEstimator<ITransformer> Trainer(MLContext ml, Action<NetworkTrainerOptions>? change = null);

    /// <summary>Accuracy or R² of scored rows.</summary>
    public abstract double Quality(MLContext ml, IDataView scored);

    /// <summary>What <see cref="Quality"/> loses where one of the rows has another value.</summary>
    /// <param name="known">The row's value.</param>
    /// <param name="other">What is predicted instead.</param>
    /// <param name="variance">Of the values of all rows.</param>
    public abstract double Loss(double known, double other, double variance);

    /// <summary>Quality of each fold.</summary>
    public abstract double[] CrossValidate(MLContext ml, IDataView data);

    /// <summary>All results of each row, from a prediction engine: label, score, probability.</summary>
    public abstract float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<TrialRow> rows);

    /// <summary>What quality changes by where a slot of the features is permuted: by name, of the whole model; and by place, of the
    /// transformer.</summary>
    public abstract (IReadOnlyDictionary<string, double> OfModel, double[] OfTransformer) Importance(
        MLContext ml,
        TransformerChain<ITransformer> model,
        IDataView scored);

    /// <inheritdoc/>
    public override string ToString() => $"{task} over {(isSeveral ? "several columns" : "one column")}";

    /// <summary>Label, and, for the family over one column, features of another name than the usual.</summary>
    public virtual EstimatorChain<ITransformer> Preparation(MLContext ml)
    {
        EstimatorChain<ITransformer> label = new EstimatorChain<ITransformer>().Append(Label(ml));
        return isSeveral
            ? label
            : label.Append((IEstimator<ITransformer>)ml.Transforms.Concatenate("Numbers", Inputs));
    }

    /// <summary>Preparation and network.</summary>
    public EstimatorChain<ITransformer> Pipeline(MLContext ml, Action<NetworkTrainerOptions>? change = null)
        => Preparation(ml).Append(Trainer(ml, change));

    /// <summary>Label from its source.</summary>
    protected virtual IEstimator<ITransformer> Label(MLContext ml) => ml.Transforms.CopyColumns("Label", source);

    /// <summary>Options that learn in a moment; all rows train.</summary>
    protected static TOptions Quick<TOptions>(TOptions options, Action<NetworkTrainerOptions>? change)
        where TOptions : NetworkTrainerOptions
    {
        (options.BatchSize, options.Epochs, options.LearningRate, options.Seed, options.ValidationFraction) = (32, 30, 2e-2f, 1, 0);
        if (options is FunnelOptions funnel)
        {
            funnel.FeatureColumnName = "Numbers";
        }

        change?.Invoke(options);
        return options;
    }

    /// <summary>Predicts row by row.</summary>
    protected static float[][] Predict<TPrediction>(
        MLContext ml,
        ITransformer model,
        IReadOnlyList<TrialRow> rows,
        Func<TPrediction, float[]> numbers)
        where TPrediction : class, new()
    {
        using var engine = ml.Model.CreatePredictionEngine<TrialRow, TPrediction>(
            model,
            new PredictionEngineOptions { OwnsTransformer = false });
        return [.. rows.Select(row => numbers(engine.Predict(row)))];
    }
}
