namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>A <see cref="TextCase"/> by its types.</summary>
/// <typeparam name="TOptions">The trainer's options.</typeparam>
/// <typeparam name="TTransformer">What its fit gives.</typeparam>
/// <typeparam name="TModel">The parameters of that.</typeparam>
/// <param name="name">For people.</param>
/// <param name="label">Column of the label.</param>
/// <param name="create">Makes the trainer.</param>
internal sealed class TextCase<TOptions, TTransformer, TModel>(
    string name, string label, Func<MixedPrecisionTrainersCatalog, TOptions, NetworkTrainer<TTransformer, TModel>> create) : TextCase(name)
    where TOptions : NetworkTrainerOptions, new()
    where TTransformer : NetworkTransformer<TModel>
    where TModel : class
{
    /// <inheritdoc/>
    public override IEstimator<ITransformer> Trainer(MLContext ml, Action<dynamic>? change = null) => Create(ml, change);

    /// <inheritdoc/>
    public override ITransformer Fit(
        MLContext ml, IDataView rows, Action<dynamic>? change = null, ITransformer? previous = null, IDataView? validation = null)
    {
        NetworkTrainer<TTransformer, TModel> trainer = Create(ml, change);
        return previous is not null ? trainer.Fit(rows, validation, (TTransformer)previous)
            : validation is not null ? trainer.Fit(rows, validation)
            : trainer.Fit(rows);
    }

    private NetworkTrainer<TTransformer, TModel> Create(MLContext ml, Action<dynamic>? change)
    {
        var options = new TOptions
        {
            LabelColumnName = label,
            Epochs = 4,
            BatchSize = 12,
            LearningRate = 4e-3f,
            ValidationFraction = 0,
            Precision = PrecisionPolicy.Float32,
            Seed = 1,
            Device = ComputeDevice.Cpu,
        };
        dynamic changed = options;
        changed.Tokenizer = TextTokenizer.TrainWords(200);
        changed.Backbone = TextBackbone.Transformer(layers: 1, width: 16, heads: 2, feedForward: 32);
        changed.MaxTokens = 20;
        change?.Invoke(options);
        return create(ml.MixedPrecision().Trainers, options);
    }
}
