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
internal sealed class OneVersusAllAdapter(IHostEnvironment env, MlpBinaryTrainer trainer)
    : ITrainerEstimator<BinaryPredictionTransformer<MlpBinaryModelParameters>, MlpBinaryModelParameters>
{
    /// <inheritdoc/>
    public TrainerInfo Info => trainer.Info;

    /// <inheritdoc/>
    public BinaryPredictionTransformer<MlpBinaryModelParameters> Fit(IDataView input)
    {
        MlpBinaryTransformer fitted = trainer.Fit(input);
        return new BinaryPredictionTransformer<MlpBinaryModelParameters>(env, fitted.Model, input.Schema, fitted.FeatureColumnName);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => trainer.GetOutputSchema(inputSchema);
}
