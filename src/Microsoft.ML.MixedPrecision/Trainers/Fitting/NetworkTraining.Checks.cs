using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>What ends a training before it begins, or while it runs.</content>
internal sealed partial class MlpTraining
{
    private void CheckAlive()
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        mlHost.CheckAlive();
    }

    private void CheckEarlyStopping(bool validates)
    {
        if (options.EarlyStoppingPatience > 0 && !validates)
        {
            throw new InvalidOperationException($"EarlyStoppingPatience is {options.EarlyStoppingPatience}, but there are no "
                + $"validation rows to tell when to stop: a tenth is held back unasked only of {TrainingSplit.LeastRows} labelled rows "
                + $"or more. Set ValidationSet or ValidationFraction, call Fit(train, validation), or set EarlyStoppingPatience to 0.");
        }
    }

    private void CheckBatchNorm(int rows)
    {
        if (options.Normalization == NormalizationKind.BatchNorm && options.HiddenLayers.Count > 0 && rows == 1)
        {
            string train = options.ValidationFraction > 0
                ? string.Create(CultureInfo.InvariantCulture, $" that trains, with ValidationFraction {options.ValidationFraction},")
                : ",";
            throw new InvalidOperationException($"Normalization is BatchNorm, but there is 1 labelled row{train} which has no "
                + $"deviation. Give more rows, or use LayerNorm.");
        }
    }
}
