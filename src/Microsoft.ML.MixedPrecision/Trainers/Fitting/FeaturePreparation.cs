using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Learns how a network prepares its features, and prepares the rows that were read for it.</summary>
/// <param name="columns">Columns of the rows, for messages.</param>
/// <param name="inform">Told of gaps that are as expected.</param>
/// <param name="warn">Told of gaps that are not.</param>
internal sealed class FeaturePreparation(LabelledColumns columns, Action<string> inform, Action<string?> warn)
{
    private readonly GapReport _report = new(columns);
    private FeatureQuartiles[] _quartiles = [];
    private Action<FeatureScaler>? _standardize;

    /// <summary>Learns from the rows that train.</summary>
    /// <param name="network">A network without indicators of gaps; it is not changed.</param>
    /// <param name="train">Rows of the training set, as they were read.</param>
    /// <param name="order">Which of them train.</param>
    /// <param name="isSparse">Whether they arrived sparse.</param>
    /// <returns>The features with gaps where the network takes them; null for none.</returns>
    public IReadOnlyList<int>? Measure(Network network, RowStore train, RowOrder order, bool isSparse)
    {
        bool takesGaps = network.Preparation?.Gaps is not null;
        if (takesGaps || network.Spec.Scaling == FeatureScaling.Robust)
        {
            _quartiles = FeatureQuartiles.Measure(train, order.Train, features: network.Numbers);
        }

        _standardize = scaler => FeatureStatistics.Measure(train, order.Train, isSparse, scaler);
        int[] indicated = [.. Enumerable.Range(0, _quartiles.Length).Where(feature => takesGaps && _quartiles[feature].Gaps > 0)];
        return indicated.Length > 0 ? indicated : null;
    }

    /// <summary>Gives a network what was learned, unless it has that of a previous model, and prepares all rows.</summary>
    /// <param name="network">The network, of which <see cref="Network.Preparation"/> says whether and with what.</param>
    /// <param name="format">Format in which training reads features.</param>
    /// <param name="train">Rows of the training set, and which of them train.</param>
    /// <param name="validation">Rows of the validation set, or null. They stay Float32, in which validation computes.</param>
    /// <exception cref="InvalidOperationException">A prepared feature is beyond the format; the message names row and column.</exception>
    public void Run(Network network, NumericFormat format, (RowStore Rows, RowOrder Order) train, RowStore? validation)
    {
        if (network.Preparation is not { } preparation)
        {
            return;
        }

        Fill(network, preparation);
        if (preparation.Gaps is { } gaps)
        {
            Report(gaps, train.Rows, train.Order, validation);
        }

        Require(train.Rows.Prepare(preparation, format), network.Scaling, "training set", format);
        Require(
            validation?.Prepare(preparation, NumericFormat.Float32), network.Scaling, "validation set", NumericFormat.Float32);
    }

    private void Fill(Network network, InputPreparation preparation)
    {
        if (_standardize is null)
        {
            return; // The previous model's.
        }

        if (preparation.Gaps is { } gaps)
        {
            for (int i = 0; i < _quartiles.Length; i++)
            {
                gaps.Fill.Values[i] = (float)_quartiles[i].Median;
            }
        }

        if (network.Spec.Scaling == FeatureScaling.Standard)
        {
            _standardize(network.Scaling!);
        }
        else if (network.Spec.Scaling == FeatureScaling.Robust)
        {
            FeatureQuartiles.Fill(_quartiles, network.Scaling!);
            foreach ((int first, int count) in CategoricalSlots.Of(columns.Features, columns.FeatureCount))
            {
                FeatureQuartiles.FillCategory(_quartiles, first, count, network.Scaling!);
            }
        }
    }

    private void Report(GapFiller gaps, RowStore train, RowOrder order, RowStore? validation)
    {
        int[] trained = FeatureGaps.Count(train, order.Train);
        inform(_report.Training(trained, order.TrainRows, gaps));
        warn(_report.Empty(_quartiles));
        warn(_report.Unforeseen(trained, order.TrainRows, "that train", gaps));
        warn(_report.Unforeseen(FeatureGaps.Count(train, order.Validation), order.Validation.Length, "held back to validate", gaps));
        if (validation is not null)
        {
            int[] rows = [.. Enumerable.Range(0, validation.Rows)];
            warn(_report.Unforeseen(FeatureGaps.Count(validation, rows), rows.Length, "of the validation set", gaps));
        }
    }

    private void Require(Extreme? found, FeatureScaler? scaler, string dataSet, NumericFormat target)
    {
        if (found is not { } bad)
        {
            return;
        }

        string scaled = "";
        if (scaler is not null)
        {
            double factor = scaler.Factor.Values[bad.Slot], value = ((double)bad.Value - scaler.Shift.Values[bad.Slot]) * factor;
            scaled = string.Create(CultureInfo.InvariantCulture, $" scaled by FeatureScaling it is {value:G4}, and");
        }

        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"Labelled row {bad.Row} (counted from 0, in the order read) of the {dataSet}, column '{columns.Features.Name}', holds "
                + $"{bad.Value} in {columns.NameOfSlot(bad.Slot)};{scaled} the largest value of "
                + $"{target}, in which the network computes, is {target.MaxFinite()}. Correct the value, drop the row with "
                + $"Data.FilterByCustomPredicate, {(scaler is null ? "set FeatureScaling, " : "")}or choose another PrecisionPolicy."));
    }
}
