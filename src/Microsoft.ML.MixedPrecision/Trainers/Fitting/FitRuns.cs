using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The runs of a fit: one, or two with <see cref="NetworkTrainerOptions.RefitOnAll"/>.</summary>
/// <param name="channel">The log.</param>
/// <param name="options">Checked options.</param>
/// <param name="create">Makes a run; null for the first.</param>
internal sealed class FitRuns(IChannel channel, NetworkTrainerOptions options, Func<RefitOf?, NetworkTraining> create)
{
    /// <inheritdoc cref="NetworkTraining.Run(IDataView, IDataView?, Network?)"/>
    public (Network Network, TrainingResult Result) Run(IDataView trainData, IDataView? validationData, Network? previous)
    {
        NetworkTraining first = create(null);
        (Network network, TrainingResult result) = first.Run(trainData, validationData, previous);
        if (!options.RefitOnAll || validationData is not null || RefitOf.After(first.Course!, result) is not { } refit)
        {
            return (network, result);
        }

        channel.Info(refit.Remark);
        (Network again, TrainingResult second) = create(refit).Run(trainData, null, previous);
        if (refit.IsDone(second))
        {
            return (again, second);
        }

        channel.Info($"Run 2 of 2 was stopped: the model is that of run 1, which has not seen the rows held back.");
        return (network, result);
    }
}
