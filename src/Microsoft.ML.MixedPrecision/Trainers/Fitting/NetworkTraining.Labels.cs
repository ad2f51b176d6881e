using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>Labels that are numbers: brought to what a network learns well, and back.</content>
internal sealed partial class NetworkTraining
{
    /// <summary>Changes the labels to what the network is to learn.</summary>
    private TargetScaling? Standardize(
        LabelledColumns columns,
        RowStore train,
        RowStore? validation,
        TrainingSplit split,
        Network network,
        Network? previous)
    {
        if (!task.StandardizesLabel)
        {
            return null;
        }

        TargetScaling scaling = TargetScaling.Measure(train, split.HeldBack);
        scaling.Apply(train);
        if (validation is not null)
        {
            scaling.Apply(validation);
        }

        if (previous is not null)
        {
            scaling.Unfold(network);
            WarmStart.CheckSize(network.OutputLayer, scaling, columns.Label.Name);
        }

        return scaling;
    }

    /// <summary>Back to units of the label.</summary>
    private static void Fold(TargetScaling? scaling, Network network, LabelledColumns columns)
    {
        scaling?.Fold(network);
        if (scaling is not null && !network.OutputLayer.Weight.Values.Concat(network.OutputLayer.Bias.Values).All(float.IsFinite))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"The labels in column '{columns.Label.Name}' are so large (mean {scaling.Mean[0]}, deviation {scaling.Deviation[0]} "
                    + $"of the first target) that the model's weights exceed {float.MaxValue}. Divide the labels by a constant before "
                    + $"training."));
        }
    }

    /// <summary>Says where labels are so large that a score some deviations from their mean is beyond Single, though every label is
    /// not.</summary>
    private void WarnOfHugeLabels(TargetScaling? scaling, LabelledColumns columns, TrainingResult result)
    {
        const int UsualDeviations = 4;
        int target = scaling is null
            ? -1
            : Enumerable.Range(0, scaling.Mean.Count).FirstOrDefault(
                i => Math.Abs(scaling.Mean[i]) + (UsualDeviations * scaling.Deviation[i]) > float.MaxValue,
                -1);
        if (target >= 0)
        {
            string message = string.Create(CultureInfo.InvariantCulture, $"The labels in column '{columns.Label.Name}' are so large "
                + $"(mean {scaling!.Mean[target]:G4}, deviation {scaling.Deviation[target]:G4} of target {target}) that scores "
                + $"{UsualDeviations} deviations from the mean are beyond {float.MaxValue} and so infinite. Divide the labels by a "
                + $"constant before training.");
            var warning = new RunWarning
            {
                Kind = RunWarningKind.Data,
                Message = message,
                Epoch = result.History.Count,
                Attempt = result.Attempts,
            };
            _events.Warning(warning);
            result.WarningDetails = [.. result.WarningDetails, warning];
        }
    }
}
