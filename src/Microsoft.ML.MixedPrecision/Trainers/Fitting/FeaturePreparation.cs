using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Learns how a network scales its features, and scales the rows that were read for it.</summary>
/// <param name="network">The network, of which <see cref="Network.Scaling"/> says whether and with what.</param>
/// <param name="columns">Columns of the rows, for messages.</param>
/// <param name="format">Format in which training reads features.</param>
internal sealed class FeaturePreparation(Network network, LabelledColumns columns, NumericFormat format)
{
    /// <summary>Format in which the training rows are to be read: Float32 where they are scaled before they are rounded.</summary>
    public NumericFormat ReadingFormat => network.Scaling is null ? format : NumericFormat.Float32;

    /// <summary>Scales all rows.</summary>
    /// <param name="train">Rows of the training set.</param>
    /// <param name="measured">Which of them to learn from; null where the scaling is that of a previous model.</param>
    /// <param name="isSparse">Whether they arrived sparse.</param>
    /// <param name="validation">Rows of the validation set, or null. They stay Float32, in which validation computes.</param>
    /// <exception cref="InvalidOperationException">A scaled feature is beyond the format; the message names row and column.</exception>
    public void Run(RowStore train, RowOrder? measured, bool isSparse, RowStore? validation)
    {
        if (network.Scaling is not { } scaler)
        {
            return;
        }

        if (measured is not null)
        {
            FeatureStatistics.Measure(train, measured.Train, isSparse, scaler);
        }

        Require(train.Scale(scaler, format), scaler, "training set", format);
        Require(validation?.Scale(scaler, NumericFormat.Float32), scaler, "validation set", NumericFormat.Float32);
    }

    private void Require(Extreme? found, FeatureScaler scaler, string dataSet, NumericFormat target)
    {
        if (found is not { } bad)
        {
            return;
        }

        double factor = scaler.Factor.Values[bad.Slot], scaled = ((double)bad.Value - scaler.Shift.Values[bad.Slot]) * factor;
        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"Labelled row {bad.Row} (counted from 0, in the order read) of the {dataSet}, column '{columns.Features.Name}', holds "
                + $"{bad.Value} in {columns.NameOfSlot(bad.Slot)}; scaled by FeatureScaling it is {scaled:G4}, and the largest value of "
                + $"{target}, in which the network computes, is {target.MaxFinite()}. Correct the value, drop the row with "
                + $"Data.FilterByCustomPredicate, or choose another PrecisionPolicy."));
    }
}
