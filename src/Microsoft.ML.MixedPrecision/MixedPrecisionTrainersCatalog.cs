using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trainers; reached by <c>mlContext.MixedPrecision().Trainers</c>.</summary>
public sealed class MixedPrecisionTrainersCatalog
{
    private readonly IHostEnvironment _env;

    internal MixedPrecisionTrainersCatalog(IHostEnvironment env) => _env = env;

    /// <summary>A neural network (multilayer perceptron) for multiclass classification, trained in mixed precision on the GPU or the
    /// CPU.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public MlpMulticlassTrainer MlpMulticlass(MlpMulticlassTrainer.Options options) => new(_env, options);

    /// <summary>A neural network (multilayer perceptron) for multiclass classification, trained in mixed precision on the GPU or the
    /// CPU.</summary>
    /// <param name="labelColumnName">Column of the class, a key.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public MlpMulticlassTrainer MlpMulticlass(
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => MlpMulticlass(
            Options<MlpMulticlassTrainer.Options>(
                labelColumnName,
                featureColumnName,
                exampleWeightColumnName,
                hiddenLayers,
                precision,
                epochs,
                batchSize,
                learningRate));

    /// <summary>A neural network (multilayer perceptron) for binary classification, trained in mixed precision on the GPU or the
    /// CPU.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public MlpBinaryTrainer MlpBinary(MlpBinaryTrainer.Options options) => new(_env, options);

    /// <summary>A neural network (multilayer perceptron) for binary classification, trained in mixed precision on the GPU or the
    /// CPU.</summary>
    /// <param name="labelColumnName">Column of the answer, a Boolean.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public MlpBinaryTrainer MlpBinary(
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => MlpBinary(
            Options<MlpBinaryTrainer.Options>(
                labelColumnName,
                featureColumnName,
                exampleWeightColumnName,
                hiddenLayers,
                precision,
                epochs,
                batchSize,
                learningRate));

    /// <summary>A neural network (multilayer perceptron) for regression, trained in mixed precision on the GPU or the CPU.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message says what is allowed.</exception>
    public MlpRegressionTrainer MlpRegression(MlpRegressionTrainer.Options options) => new(_env, options);

    /// <summary>A neural network (multilayer perceptron) for regression, trained in mixed precision on the GPU or the CPU.</summary>
    /// <param name="labelColumnName">Column of the number, a Single, or of several, a vector of Single.</param>
    /// <param name="featureColumnName">Column of the features, a vector of Single of known size.</param>
    /// <param name="exampleWeightColumnName">Column of the row's weight, a Single; null for none.</param>
    /// <param name="hiddenLayers">Width of each hidden layer; null for 256 and 128.</param>
    /// <param name="precision">Formats to compute in; null for <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="epochs">Times that every row is seen at most; null for 256 where rows validate, else 30.</param>
    /// <param name="batchSize">Rows of a batch; null for 64, more of many rows (<see cref="NetworkTrainerOptions.BatchSize"/>).</param>
    /// <param name="learningRate">Learning rate of AdamW; null for 1e-3.</param>
    /// <exception cref="ArgumentException">An argument is outside its range; the message says what is allowed.</exception>
    public MlpRegressionTrainer MlpRegression(
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        IReadOnlyList<int>? hiddenLayers = null,
        PrecisionPolicy? precision = null,
        int? epochs = null,
        int? batchSize = null,
        float? learningRate = null)
        => MlpRegression(
            Options<MlpRegressionTrainer.Options>(
                labelColumnName,
                featureColumnName,
                exampleWeightColumnName,
                hiddenLayers,
                precision,
                epochs,
                batchSize,
                learningRate));

    private static TOptions Options<TOptions>(
        string labelColumnName,
        string featureColumnName,
        string? exampleWeightColumnName,
        IReadOnlyList<int>? hiddenLayers,
        PrecisionPolicy? precision,
        int? epochs,
        int? batchSize,
        float? learningRate)
        where TOptions : MlpTrainerOptions, new()
    {
        var options = new TOptions
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ExampleWeightColumnName = exampleWeightColumnName,
            Precision = precision ?? PrecisionPolicy.Auto,
            Epochs = epochs,
            BatchSize = batchSize,
        };
        if (learningRate is { } rate)
        {
            options.LearningRate = rate;
        }

        if (hiddenLayers is not null)
        {
            options.HiddenLayers = [.. hiddenLayers];
        }

        return options;
    }

    /// <summary>Creates a trainer that tells classes of rows of a table apart with a Transformer, whose tokens are the columns.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TabularTransformerMulticlassTrainer TabularTransformerMulticlass(TabularTransformerMulticlassTrainer.Options options)
        => new(_env, options);

    /// <summary>Creates a trainer that answers yes or no to rows of a table with a Transformer, whose tokens are the columns.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TabularTransformerBinaryTrainer TabularTransformerBinary(TabularTransformerBinaryTrainer.Options options) => new(_env, options);

    /// <summary>Creates a trainer that predicts numbers from rows of a table with a Transformer, whose tokens are the columns.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TabularTransformerRegressionTrainer TabularTransformerRegression(TabularTransformerRegressionTrainer.Options options)
        => new(_env, options);

    /// <summary>Creates a trainer that tells classes of texts, or of pairs of texts, apart with a Transformer.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TextClassificationTrainer TextClassification(TextClassificationTrainer.Options options) => new(_env, options);

    /// <summary>Creates a trainer that answers yes or no to texts, or to pairs of texts, with a Transformer.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TextBinaryTrainer TextBinary(TextBinaryTrainer.Options options) => new(_env, options);

    /// <summary>Creates a trainer that predicts numbers from texts, or from pairs of texts, with a Transformer.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TextRegressionTrainer TextRegression(TextRegressionTrainer.Options options) => new(_env, options);

    /// <summary>Creates a trainer that gives each word of a row a class with a Transformer: part of speech, named entities.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public TokenClassificationTrainer TokenClassification(TokenClassificationTrainer.Options options) => new(_env, options);

    /// <summary>Creates a trainer of a language model, a small GPT: it learns to predict each token of texts from those before.</summary>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public LanguageModelTrainer LanguageModel(LanguageModelTrainer.Options options) => new(_env, options);
}
