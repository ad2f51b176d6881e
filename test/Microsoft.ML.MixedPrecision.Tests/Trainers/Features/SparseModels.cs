using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Pipelines over <see cref="SparseRow"/>, for each of its labels: classes of <c>Kind</c>, yes or no of <c>Answer</c>, the number
/// <c>Value</c>.</summary>
internal static class SparseModels
{
    private const int Hidden = 6;
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Columns that are learned.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Kind", "Answer", "Value"];

    public static IDataView Data(SparseRow[] rows) => Ml.Data.LoadFromEnumerable(rows);

    /// <summary>What makes the column <c>Label</c>.</summary>
    public static IEstimator<ITransformer> Labels(string label) => label == "Kind"
        ? Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
        : Ml.Transforms.CopyColumns("Label", label);

    /// <summary>Rows with a column <c>Label</c>.</summary>
    public static IDataView Labelled(IDataView rows, string label) => Labels(label).Fit(Data(SparseRow.Rows(300))).Transform(rows);

    /// <summary>Options that learn in a moment; scaling, gaps and first layer as by default.</summary>
    public static MlpTrainerOptions Options(string label)
    {
        MlpTrainerOptions options = label switch
        {
            "Kind" => new MlpMulticlassTrainer.Options(),
            "Answer" => new MlpBinaryTrainer.Options(),
            _ => new MlpRegressionTrainer.Options(),
        };
        (options.HiddenLayers, options.BatchSize, options.Epochs, options.LearningRate, options.Seed, options.ValidationFraction)
            = ([Hidden], 32, 30, 2e-3f, 1, 0);
        return options;
    }

    public static EstimatorChain<ITransformer> Pipeline(string label, Action<MlpTrainerOptions>? change = null, MLContext? ml = null)
    {
        MlpTrainerOptions options = Options(label);
        change?.Invoke(options);
        MixedPrecisionTrainersCatalog trainers = (ml ?? Ml).MixedPrecision().Trainers;
        IEstimator<ITransformer> trainer = options switch
        {
            MlpMulticlassTrainer.Options multiclass => trainers.MlpMulticlass(multiclass),
            MlpBinaryTrainer.Options binary => trainers.MlpBinary(binary),
            _ => trainers.MlpRegression((MlpRegressionTrainer.Options)options),
        };
        return new EstimatorChain<ITransformer>().Append(Labels(label)).Append(trainer);
    }

    public static TransformerChain<ITransformer> Fit(
        string label, Action<MlpTrainerOptions>? change = null, SparseRow[]? rows = null, MLContext? ml = null)
        => Pipeline(label, change, ml).Fit(Data(rows ?? SparseRow.Rows(800)));

    /// <summary>Accuracy, or R².</summary>
    public static double Quality(string label, IDataView scored) => label switch
    {
        "Kind" => Ml.MulticlassClassification.Evaluate(scored).MicroAccuracy,
        "Answer" => Ml.BinaryClassification.EvaluateNonCalibrated(scored).Accuracy,
        _ => Ml.Regression.Evaluate(scored).RSquared,
    };

    /// <summary>The same rows, all zeros written out.</summary>
    public static SparseRow[] Dense(SparseRow[] rows) =>
    [
        .. rows.Select(row => new SparseRow
        {
            Features = new VBuffer<float>(SparseRow.Slots, [.. row.Features.DenseValues()]),
            Answer = row.Answer,
            Kind = row.Kind,
            Value = row.Value,
        }),
    ];

    /// <summary>Results of a prediction engine, as of <see cref="ScoredRows.Of"/>.</summary>
    public static float[][] Predict(string label, ITransformer model, SparseRow[] rows) => label switch
    {
        "Kind" => Predict<KindPrediction>(model, rows, p => [p.PredictedLabel, .. p.Score]),
        "Answer" => Predict<AnswerPrediction>(model, rows, p => [p.PredictedLabel ? 1 : 0, p.Score, p.Probability]),
        _ => Predict<ValuePrediction>(model, rows, p => [p.Score]),
    };

    /// <summary>Logits, or the number, in double precision from the network's own weights: bag, SiLU layer, output.</summary>
    public static double[] Formula(Network network, VBuffer<float> features)
    {
        Parameter table = network.Parameters[0];
        var sums = new double[table.Columns];
        foreach ((int slot, float value) in features.Items())
        {
            for (int column = 0; column < sums.Length; column++)
            {
                sums[column] += (double)value * table.Values[(slot * table.Columns) + column];
            }
        }

        double[] hidden = Product(sums, network.Parameters[1], network.Parameters[2]);
        return Product([.. hidden.Select(x => x / (1 + Math.Exp(-x)))], network.Parameters[3], network.Parameters[4]);
    }

    private static double[] Product(double[] x, Parameter weight, Parameter bias) =>
    [
        .. bias.Values.Select((b, row) => b + Enumerable.Range(0, x.Length).Sum(i => x[i] * weight.Values[(row * x.Length) + i])),
    ];

    private static float[][] Predict<TPrediction>(ITransformer model, SparseRow[] rows, Func<TPrediction, float[]> numbers)
        where TPrediction : class, new()
    {
        using var engine = Ml.Model.CreatePredictionEngine<SparseRow, TPrediction>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        return [.. rows.Select(row => numbers(engine.Predict(row)))];
    }

    private sealed class KindPrediction
    {
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }

    private sealed class AnswerPrediction
    {
        public bool PredictedLabel { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }

    private sealed class ValuePrediction
    {
        public float Score { get; set; }
    }
}
