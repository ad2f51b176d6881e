using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

namespace Microsoft.ML;

/// <summary>Where the library is found in ML.NET.</summary>
public static class MixedPrecisionExtensions
{
    /// <summary>Neural networks in mixed precision: trainers, export to ONNX, diagnostics.</summary>
    /// <param name="mlContext">The context.</param>
    public static MixedPrecisionCatalog MixedPrecision(this MLContext mlContext)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return new MixedPrecisionCatalog(mlContext);
    }

    /// <summary>A multilayer perceptron, trained in mixed precision; the same as <see cref="MixedPrecisionTrainersCatalog.MlpMulticlass(MlpMulticlassTrainer.Options)"/>.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public static MlpMulticlassTrainer MixedPrecisionMlp(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MlpMulticlassTrainer.Options options)
        => TrainersOf(catalog).MlpMulticlass(options);

    /// <summary>A multilayer perceptron, trained in mixed precision.</summary>
    /// <param name="catalog">The trainers' catalog.</param>
    /// <param name="labelColumnName">Column of the class, a key.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen.</param>
    /// <param name="batchSize">Rows of a batch.</param>
    /// <param name="learningRate">Learning rate of AdamW.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public static MlpMulticlassTrainer MixedPrecisionMlp(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int epochs = 30,
        int batchSize = 256,
        float learningRate = 1e-3f)
        => TrainersOf(catalog).MlpMulticlass(labelColumnName, featureColumnName, exampleWeightColumnName, hiddenLayers, precision, epochs, batchSize, learningRate);

    private static MixedPrecisionTrainersCatalog TrainersOf(MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MixedPrecisionTrainersCatalog(CatalogUtils.GetEnvironment(catalog));
    }
}
