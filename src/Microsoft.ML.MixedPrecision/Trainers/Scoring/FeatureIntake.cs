using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Looks at the features of rows to score where they are copied, for one cursor or one prediction engine. What a network makes of NaN and
/// infinities depends on its functions and on who computes: a maximum may turn NaN into 0, a hyperbolic tangent an infinity into 1. Hence
/// such a row is found here, before any arithmetic, and gets NaN everywhere.
/// </summary>
/// <param name="model">The model, which says what to do.</param>
/// <param name="place">The column of features, and the row where it is known.</param>
/// <param name="column">The column with its slots' names; null where only vectors are given.</param>
internal sealed class FeatureIntake(NetworkModel model, RowPlace place, DataViewSchema.Column? column = null)
{
    private const string Replace = "Transforms.ReplaceMissingValues";

    private long _rows;
    private long _invalid;
    private string? _first;
    private bool _hasWarned;

    /// <summary>Whether a row's features are finite, all of them.</summary>
    /// <param name="features">The features.</param>
    /// <exception cref="InvalidOperationException">They are not, and the model is to throw.</exception>
    public bool Accepts(ReadOnlySpan<float> features)
    {
        _rows++;

        // NaN if there is one, with which no comparison holds.
        if (Math.Abs(TensorPrimitives.MaxMagnitude(features)) <= float.MaxValue)
        {
            return true;
        }

        if (model.InvalidFeatures == InvalidFeatures.Throw)
        {
            throw new InvalidOperationException(
                $"{Problem(features)}; features must be finite where {nameof(InvalidFeatures)} is {nameof(InvalidFeatures.Throw)}. "
                    + $"Replace such values "
                + $"with {Replace}, or set {nameof(InvalidFeatures)} to {nameof(InvalidFeatures.ScoreNaN)} to have NaN as the row's "
                    + $"scores.");
        }

        _invalid++;
        _first ??= Problem(features);
        return false;
    }

    /// <summary>Warns, once, if there were rows that were not accepted.</summary>
    public void Warn()
    {
        if (_invalid == 0 || _hasWarned)
        {
            return;
        }

        _hasWarned = true;
        string count = string.Create(CultureInfo.InvariantCulture, $"{_invalid} of {_rows} rows scored so far hold NaN or an infinity");
        model.Warn(
            $"{_first}; {count}. The scores of such a row are NaN, its predicted label is missing or false. Replace such values with "
                + $"{Replace} "
            + $"before the model, or set {nameof(InvalidFeatures)} to {nameof(InvalidFeatures.Throw)} to be stopped by them. This is "
                + $"said once.");
    }

    private string Problem(ReadOnlySpan<float> features)
    {
        int slot = 0;
        while (float.IsFinite(features[slot]))
        {
            slot++;
        }

        string name = column is { } known ? SlotNames.Of(known, slot) : string.Create(CultureInfo.InvariantCulture, $"slot {slot}");
        return string.Create(CultureInfo.InvariantCulture, $"{place} holds {features[slot]} in {name}");
    }
}
