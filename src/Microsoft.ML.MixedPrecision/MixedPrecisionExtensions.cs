using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Trainers;

namespace Microsoft.ML;

/// <summary>Where the library is found in ML.NET.</summary>
public static class MixedPrecisionExtensions
{
    /// <summary>Trains neural networks on the GPU in ML.NET: deep learning in mixed precision (FP16, BF16), export to ONNX,
    /// diagnostics.</summary>
    /// <param name="mlContext">The context.</param>
    public static MixedPrecisionCatalog MixedPrecision(this MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new MixedPrecisionCatalog(mlContext);
    }

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU; the same as
    /// <see cref="MixedPrecisionTrainersCatalog.MlpMulticlass(MlpMulticlassTrainer.Options)"/>.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public static MlpMulticlassTrainer MixedPrecisionMlp(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        MlpMulticlassTrainer.Options options)
        => TrainersOf(catalog).MlpMulticlass(options);

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="labelColumnName">Column of the class, a key.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public static MlpMulticlassTrainer MixedPrecisionMlp(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => TrainersOf(catalog).MlpMulticlass(
            labelColumnName,
            featureColumnName,
            exampleWeightColumnName,
            hiddenLayers,
            precision,
            epochs,
            batchSize,
            learningRate);

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU; the same as
    /// <see cref="MixedPrecisionTrainersCatalog.MlpBinary(MlpBinaryTrainer.Options)"/>.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public static MlpBinaryTrainer MixedPrecisionMlp(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        MlpBinaryTrainer.Options options)
        => TrainersOf(catalog).MlpBinary(options);

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="labelColumnName">Column of the answer, a Boolean.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public static MlpBinaryTrainer MixedPrecisionMlp(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => TrainersOf(catalog).MlpBinary(
            labelColumnName,
            featureColumnName,
            exampleWeightColumnName,
            hiddenLayers,
            precision,
            epochs,
            batchSize,
            learningRate);

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU; the same as
    /// <see cref="MixedPrecisionTrainersCatalog.MlpRegression(MlpRegressionTrainer.Options)"/>.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public static MlpRegressionTrainer MixedPrecisionMlp(
        this RegressionCatalog.RegressionTrainers catalog,
        MlpRegressionTrainer.Options options)
        => TrainersOf(catalog).MlpRegression(options);

    /// <summary>A neural network (multilayer perceptron), trained in mixed precision on the GPU or the CPU.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="labelColumnName">Column of the number, a Single, or of several, a vector of Single.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public static MlpRegressionTrainer MixedPrecisionMlp(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => TrainersOf(catalog).MlpRegression(
            labelColumnName,
            featureColumnName,
            exampleWeightColumnName,
            hiddenLayers,
            precision,
            epochs,
            batchSize,
            learningRate);

    /// <summary>Tells classes apart by one binary network for each class, against the rest.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="binaryTrainer">Trains for each class; its own label column is not used, and it must have no
    /// <see cref="NetworkTrainerOptions.ValidationSet"/>.</param>
    /// <param name="labelColumnName">Column of the class, a key.</param>
    /// <remarks>
    /// With xₖ the score of the k-th network, the score of class k is pₖ/(p₁ + … + pₙ), where pₖ = 1/(1 + e^−xₖ); no calibrator is trained.
    /// The data are read
    /// once for each network; ML.NET trains that of the first class twice and keeps the second.
    /// </remarks>
    /// <exception cref="ArgumentException">The column's name is empty, or the trainer has a validation set.</exception>
    public static OneVersusAllTrainer OneVersusAll(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters> binaryTrainer,
        string labelColumnName = DefaultColumnNames.Label)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(binaryTrainer);
        ArgumentException.ThrowIfNullOrWhiteSpace(labelColumnName);
        return catalog.OneVersusAll(
            OneVersusAllAdapter.Of(CatalogUtils.GetEnvironment(catalog), binaryTrainer, labelColumnName),
            labelColumnName);
    }

    /// <summary>
    /// What happened when a model was trained: history, loss scale and skipped steps, formats with reasons, memory, warnings; to print, or
    /// for
    /// <see cref="TrainingResult.SaveReport"/>. It is found in a pipeline, however its parts are nested, and in a part alone.
    /// </summary>
    /// <param name="model">A fitted pipeline, or one that was loaded.</param>
    /// <returns>
    /// The training; null where there is no network of this library, or nothing was saved: by a version that did not, or since
    /// <see cref="NetworkTrainerOptions.SaveHistory"/> was false.
    /// </returns>
    /// <remarks>
    /// A model that was loaded has all totals, and of the history at most 2,000 committed steps, of each stretch those with the smallest
    /// and the largest loss, and every skipped step that
    /// the run had kept (at most 100,000 each); of more than 2,000 epochs a part. In the file, which is compressed, this takes some 20
    /// bytes a step, 40 KB for long runs, and some 30 bytes a skipped step.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The model holds several networks, as one-versus-all does: use
    /// <see cref="GetTrainings"/>.</exception>
    /// <exception cref="InvalidDataException">What was saved is not a training's, since the file was made by hand.</exception>
    public static TrainingResult? GetTraining(this ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        NetworkModel[] networks = [.. ModelTrainings.NetworksOf(model)];
        return networks.Length <= 1
            ? networks.FirstOrDefault()?.Training
            : throw new InvalidOperationException($"The model holds {networks.Length} networks, each with its own training. Use "
                + $"GetTrainings, which gives them in order.");
    }

    /// <summary>What happened in each training of a model with several networks of this library: two trainers in a pipeline, or one network
    /// a class of one-versus-all, in the order of the classes.</summary>
    /// <param name="model">A fitted pipeline, or one that was loaded.</param>
    /// <returns>One entry a network; empty without any, and without those of which nothing was saved.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="InvalidDataException">What was saved is not a training's, since the file was made by hand.</exception>
    public static IReadOnlyList<TrainingResult> GetTrainings(this ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. ModelTrainings.NetworksOf(model).Select(network => network.Training).OfType<TrainingResult>()];
    }

    /// <summary>What happened in a training until it was cancelled or failed, from the exception that <c>Fit</c> threw or one that was
    /// caused by it. The exception is the one that ended the training, an observer's own, for example.</summary>
    /// <param name="error">The exception.</param>
    /// <returns>The history, with the epoch that had begun, totals, warnings and memory; null where no training had begun.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static TrainingResult? GetTraining(this Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return UnfinishedModel.Chain(error)
            .Select(cause => cause is TrainingCanceledException canceled ? canceled.Result : UnfinishedRun.Of(cause)?.Result)
            .FirstOrDefault(result => result is not null);
    }

    /// <summary>What a training had learned until it was cancelled or failed, as a transformer that scores and is saved like any.</summary>
    /// <param name="error">The exception that <c>Fit</c> threw, or one that was caused by it.</param>
    /// <returns>The model of the trainer alone, without the steps of a pipeline before it; null where no training had begun,
    /// <see cref="NetworkTrainerOptions.KeepUnfinishedModel"/> is not set, or the device took the weights with it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static ITransformer? GetModel(this Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return UnfinishedModel.Chain(error)
            .Select(cause => cause is TrainingCanceledException canceled ? canceled.Model : UnfinishedModel.Of(cause))
            .FirstOrDefault(model => model is not null);
    }

    private static MixedPrecisionTrainersCatalog TrainersOf(TrainCatalogBase.CatalogInstantiatorBase catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MixedPrecisionTrainersCatalog(CatalogUtils.GetEnvironment(catalog));
    }
}
