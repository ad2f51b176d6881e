using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Gives ML.NET's <see cref="OneVersusAllTrainer"/>, which takes only trainers of its own sealed
/// <see cref="BinaryPredictionTransformer{TModel}"/>,
/// such a trainer. The model says that it has a probability, so that none is fitted to its scores by ML.NET's calibrators.
/// </summary>
/// <param name="env">The context.</param>
/// <param name="trainer">Trains.</param>
internal sealed class OneVersusAllAdapter(
    IHostEnvironment env,
    NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters> trainer)
    : ITrainerEstimator<BinaryPredictionTransformer<NetworkBinaryModelParameters>, NetworkBinaryModelParameters>
{
    /// <inheritdoc/>
    public TrainerInfo Info => trainer.Info;

    /// <summary>The trainer of each class's network.</summary>
    /// <param name="env">The context.</param>
    /// <param name="trainer">Trains for a label of yes or no.</param>
    /// <param name="labelColumnName">Column of the class.</param>
    /// <exception cref="ArgumentException">The trainer has a validation set.</exception>
    public static OneVersusAllAdapter Of(
        IHostEnvironment env,
        NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters> trainer,
        string labelColumnName)
        => new(env, new OneOfAll(trainer, ((BinaryTask)trainer.Task).OneOfAll(labelColumnName)));

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The trainer reads several columns.</exception>
    public BinaryPredictionTransformer<NetworkBinaryModelParameters> Fit(IDataView input)
    {
        if (trainer.Maps(input.Schema))
        {
            throw new NotSupportedException("ML.NET's one-versus-all reads one column of features, and the trainer reads several. Set "
                + $"{nameof(TableTrainerOptions.FeatureColumnName)} to a column that Transforms.Concatenate makes of them, or train for "
                + "all classes at once with MlpMulticlass.");
        }

        NetworkBinaryTransformer fitted = trainer.Fit(input);
        return new BinaryPredictionTransformer<NetworkBinaryModelParameters>(env, fitted.Model, input.Schema, fitted.FeatureColumnName);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => trainer.GetOutputSchema(inputSchema);

    /// <summary>The same trainer for another task.</summary>
    private sealed class OneOfAll : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>
    {
        public OneOfAll(NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters> trainer, BinaryTask task)
            : base(trainer.FitHost, trainer.GetType().Name, task)
            => Context = trainer.Context;
    }
}
