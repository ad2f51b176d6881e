using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>Several networks of the same rows, each of which validates on a part of them that the others train on.</content>
internal sealed partial class NetworkTraining
{
    /// <summary>Seed of a network: of the first that of the fit, so that a single network is what it was.</summary>
    private int SeedOf(int bag) => unchecked(seed + bag);

    /// <summary>How each network sees the rows.</summary>
    /// <param name="split">How a single one does.</param>
    /// <param name="train">Rows of the training set, as they were read.</param>
    /// <param name="columns">Their columns.</param>
    /// <param name="rowsOfClass">Rows of each class; empty where labels are numbers.</param>
    private TrainingSplit[] Bags(TrainingSplit split, RowStore train, LabelledColumns columns, IReadOnlyList<long> rowsOfClass)
    {
        int count = options.Bags;
        if (count == 1)
        {
            return [split];
        }

        int[][] folds = Folds.Deal(train.Rows, count, seed, rowsOfClass, row => split.ClassOf(train, row));
        if (folds[^1].Length == 0)
        {
            string which = rowsOfClass.Count > 0 ? ", of classes of two or more" : "";
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Bags is {count}, but there are "
                + $"{folds.Sum(fold => fold.Length)} labelled rows to hold back{which}; each bag needs one at least. Give more rows, or "
                + $"set Bags to a smaller number."));
        }

        TrainingSplit[] bags = [.. folds.Select(
            (fold, bag) => new TrainingSplit(train, columns, rowsOfClass, fold, (bag + 1, count), SeedOf(bag)))];
        foreach (TrainingSplit bag in bags)
        {
            bag.Check(task.NeedsTwoClasses);
            family.CheckRows(bag.TrainRows);
            Advise(RunWarningKind.Data, RowsThatCount.HeldBack(train, bag.HeldBack));
        }

        channel.Info(string.Create(CultureInfo.InvariantCulture, $"Bags is {count}: so many networks, of which each trains on all of "
            + $"{train.Rows} rows but {bags[^1].HeldBack.Length} to {bags[0].HeldBack.Length} that validate it. The model is their mean."));
        return bags;
    }

    /// <summary>Runs one network after the other.</summary>
    /// <param name="networks">The networks.</param>
    /// <param name="run">Trains one, given what came of those before.</param>
    /// <returns>The mean of those that nobody stopped, or the only one, and what came of the last of them.</returns>
    private (Network Network, TrainingResult Result) RunBags(
        Network[] networks, Func<int, IReadOnlyList<TrainingResult>, TrainingResult> run)
    {
        var results = new List<TrainingResult>();
        for (int bag = 0; bag < networks.Length; bag++)
        {
            TrainingResult result = run(bag, results);
            bool isStopped = options.StopToken.IsCancellationRequested
                || result.History is not [.., { IsPartial: false, StopRequested: false }];
            if (isStopped && bag > 0)
            {
                channel.Info($"Bag {bag + 1} of {networks.Length} was stopped: the model is the mean of the {bag} before it.");
            }

            if (!isStopped || bag == 0)
            {
                // The last one alone has those before it.
                results.ForEach(earlier => earlier.EarlierRuns = []);
                results.Add(result);
            }

            if (isStopped)
            {
                break;
            }
        }

        return results.Count == 1 ? (networks[0], results[0]) : Joined(networks[..results.Count], results);
    }

    private (Network Network, TrainingResult Result) Joined(Network[] networks, List<TrainingResult> results)
    {
        TrainingResult last = results[^1];
        last.Bags = results.Count;
        last.Ranges = Bagging.Join(networks[0].Spec.Inputs[0].Name, results.Select(result => result.Ranges));
        channel.Info($"Mean of {results.Count} bags, {last.OutOfFold}.");
        return (Bagging.Join(networks, options.Average), last);
    }
}
