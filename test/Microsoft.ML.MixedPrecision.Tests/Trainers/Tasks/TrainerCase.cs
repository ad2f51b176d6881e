using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A row of the table of trainers: what tests need to know of a task, so that one test serves all.</summary>
/// <param name="name">For people.</param>
/// <param name="source">Column of <see cref="Sample"/> that the label is made from.</param>
internal abstract class TrainerCase(string name, string source)
{
    public static readonly TrainerCase Multiclass = new MulticlassCase();
    public static readonly TrainerCase Binary = new BinaryCase();
    public static readonly TrainerCase Regression = new RegressionCase();
    public static readonly TrainerCase SeveralTargets = new SeveralTargetsCase();

    /// <summary>All of them, as arguments of tests.</summary>
    public static IEnumerable<object[]> All => [[Multiclass], [Binary], [Regression], [SeveralTargets]];

    /// <summary>Column of <see cref="Sample"/> that the label is made from.</summary>
    public string Source => source;

    /// <summary>Columns that the transformer adds.</summary>
    public abstract string[] Columns { get; }

    /// <summary>Quality that an easy problem is learned to, at least; see <see cref="Quality"/>.</summary>
    public virtual double GoodQuality => 0.95;

    /// <inheritdoc/>
    public override string ToString() => name;

    /// <summary>Options that learn in a moment.</summary>
    public abstract MlpTrainerOptions Options();

    /// <summary>The trainer.</summary>
    public abstract IEstimator<ITransformer> Trainer(MLContext ml, MlpTrainerOptions options);

    /// <summary>The trainer by all entries of the catalogs that take plain arguments.</summary>
    public abstract IEstimator<ITransformer>[] Aliases(MLContext ml, string label, string features, string? weight);

    /// <summary>Trains on prepared rows.</summary>
    public abstract ITransformer Fit(
        MLContext ml,
        MlpTrainerOptions options,
        IDataView train,
        IDataView? validation = null,
        ITransformer? previous = null);

    /// <summary>Accuracy, or R² of the worst target, of scored rows.</summary>
    public abstract double Quality(MLContext ml, IDataView scored);

    /// <summary>Quality of each fold.</summary>
    public abstract double[] CrossValidate(MLContext ml, IDataView data, IEstimator<ITransformer> pipeline);

    /// <summary>All results of each row, from a prediction engine: label, score, probability.</summary>
    public abstract float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<Sample> rows);

    /// <summary>Trains on prepared rows with changed options.</summary>
    public ITransformer Fit(MLContext ml, IDataView train, Action<MlpTrainerOptions>? change = null) => Fit(ml, Options(change), train);

    /// <summary>Options that learn in a moment, changed.</summary>
    public MlpTrainerOptions Options(Action<MlpTrainerOptions>? change)
    {
        MlpTrainerOptions options = Options();
        change?.Invoke(options);
        return options;
    }

    /// <summary>Label and normalisation.</summary>
    public EstimatorChain<ITransformer> Preparation(MLContext ml)
        => new EstimatorChain<ITransformer>()
            .Append(Label(ml))
            .Append((IEstimator<ITransformer>)ml.Transforms.NormalizeMeanVariance("Features", fixZero: false));

    /// <summary>Label alone.</summary>
    public EstimatorChain<ITransformer> Labelling(MLContext ml) => new EstimatorChain<ITransformer>().Append(Label(ml));

    /// <summary>Label, normalisation, network.</summary>
    public virtual EstimatorChain<ITransformer> Pipeline(MLContext ml, Action<MlpTrainerOptions>? change = null)
        => Preparation(ml).Append(Trainer(ml, Options(change)));

    /// <summary>Rows prepared by steps fitted on <see cref="Sample.Rows"/> of the first seed.</summary>
    public IDataView Prepared(MLContext ml, params Sample[] rows)
        => Preparation(ml).Fit(ml.Data.LoadFromEnumerable(Sample.Rows(400))).Transform(ml.Data.LoadFromEnumerable(rows));

    /// <summary>What happened in training.</summary>
    public static TrainingResult TrainingOf(ITransformer model) => NetworkOf(model).Training!;

    /// <summary>The network of a transformer, or of the one of ours in a chain.</summary>
    public static NetworkModel NetworkOf(ITransformer model) => model switch
    {
        NetworkMulticlassTransformer multiclass => multiclass.Network,
        NetworkBinaryTransformer binary => binary.Network,
        NetworkRegressionTransformer regression => regression.Network,
        NetworkTokenTransformer token => token.Network,
        _ => NetworkOf(Ours((IEnumerable<ITransformer>)model)),
    };

    /// <summary>The bits of all weights.</summary>
    public static uint[] WeightsOf(ITransformer model)
        => [.. NetworkOf(model).Network.Parameters.SelectMany(parameter => Scores.BitsOf(parameter.Values))];

    /// <summary>The transformer of ours in a chain.</summary>
    public static ITransformer Ours(IEnumerable<ITransformer> chain)
        => chain.Single(step => step is NetworkMulticlassTransformer or NetworkBinaryTransformer or NetworkRegressionTransformer
            or NetworkTokenTransformer);

    /// <summary>Label from <see cref="Source"/>.</summary>
    protected virtual IEstimator<ITransformer> Label(MLContext ml) => ml.Transforms.CopyColumns("Label", Source);

    /// <summary>Sets what all options have in common: all rows train, standardised, and gaps are refused; what tests say of other settings
    /// they set.</summary>
    protected static TOptions Quick<TOptions>(TOptions options)
        where TOptions : MlpTrainerOptions
    {
        (
            options.HiddenLayers,
            options.BatchSize,
            options.Epochs,
            options.LearningRate,
            options.Seed,
            options.ValidationFraction) = ([16], 32, 20, 2e-2f, 1, 0);
        (options.FeatureScaling, options.MissingValues, options.Activation)
            = (FeatureScaling.Standard, MissingValues.Reject, ActivationKind.Relu);
        return options;
    }

    /// <summary>Predicts row by row.</summary>
    protected static float[][] Predict<TPrediction>(
        MLContext ml,
        ITransformer model,
        IReadOnlyList<Sample> rows,
        Func<TPrediction, float[]> numbers)
        where TPrediction : class, new()
    {
        using var engine = ml.Model.CreatePredictionEngine<Sample, TPrediction>(
            model,
            new PredictionEngineOptions { OwnsTransformer = false });
        return [.. rows.Select(row => numbers(engine.Predict(row)))];
    }
}
