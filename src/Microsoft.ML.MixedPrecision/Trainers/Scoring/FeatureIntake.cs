using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Looks at the features of rows to score where they are copied, for one cursor or one prediction engine. What a network makes of NaN and
/// infinities depends on its functions and on who computes: a maximum may turn NaN into 0, a hyperbolic tangent an infinity into 1. Hence
/// such a row is found here, before any arithmetic, and gets NaN everywhere. NaN that the network fills is no such thing; where no
/// indicator tells the network of it, it is counted.
/// </summary>
/// <param name="model">The model, which says what to do.</param>
/// <param name="place">The column of features, and the row where it is known.</param>
/// <param name="column">The column with its slots' names; null where only vectors are given.</param>
internal sealed class FeatureIntake(NetworkModel model, RowPlace place, DataViewSchema.Column? column = null)
{
    private const string Replace = "Transforms.ReplaceMissingValues";

    private readonly GapFiller? _gaps = model.Network.Preparation?.Gaps;
    private long _rows;
    private long _invalid;
    private long _unforeseen;
    private string? _first;
    private string? _firstUnforeseen;
    private bool _hasWarned;
    private bool _hasWarnedOfGaps;

    /// <summary>Whether a row's features are finite, all of them that are not gaps which the network fills.</summary>
    /// <param name="features">The features.</param>
    /// <exception cref="InvalidOperationException">They are not, and the model is to throw.</exception>
    /// <remarks>Of a category any number is accepted: what is no level counts as an unseen one.</remarks>
    public bool Accepts(ReadOnlySpan<float> features) => Accepts(features[..model.Network.Numbers], []);

    /// <summary>The same of numbers of some slots, all others being 0.</summary>
    /// <param name="features">The numbers.</param>
    /// <param name="slots">Their slots; empty where they are those of all.</param>
    public bool Accepts(ReadOnlySpan<float> features, ReadOnlySpan<int> slots)
    {
        _rows++;

        // NaN if there is one, with which no comparison holds.
        if (features.IsEmpty || Math.Abs(TensorPrimitives.MaxMagnitude(features)) <= float.MaxValue)
        {
            return true;
        }

        if (_gaps is not null && !FeatureValues.AnyBeyond(features, float.MaxValue))
        {
            NoteGaps(features, _gaps);
            return true;
        }

        if (model.InvalidFeatures == InvalidFeatures.Throw)
        {
            throw new InvalidOperationException(
                $"{Problem(features, slots)}; features must be finite where {nameof(InvalidFeatures)} is {nameof(InvalidFeatures.Throw)}. "
                    + $"Replace such values "
                + $"with {Replace}, or set {nameof(InvalidFeatures)} to {nameof(InvalidFeatures.ScoreNaN)} to have NaN as the row's "
                    + $"scores.");
        }

        _invalid++;
        _first ??= Problem(features, slots);
        return false;
    }

    /// <summary>Warns, once, if there were rows that were not accepted, and once of gaps where training had none.</summary>
    public void Warn()
    {
        WarnOfGaps();
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

    private void WarnOfGaps()
    {
        if (_unforeseen > 0 && !_hasWarnedOfGaps)
        {
            _hasWarnedOfGaps = true;
            string count = string.Create(CultureInfo.InvariantCulture, $"{_unforeseen} of {_rows} rows scored so far");
            model.Warn($"{_firstUnforeseen}, a slot without gaps in the rows that the model was trained on; so do {count}, in some such "
                + "slot. Medians stand in for them, and the network is not told. Check how the column is read, or train on rows with such "
                + "gaps. This is said once.");
        }
    }

    private void NoteGaps(ReadOnlySpan<float> features, GapFiller gaps)
    {
        for (int slot = 0; slot < features.Length; slot++)
        {
            if (float.IsNaN(features[slot]) && !gaps.Indicates(slot))
            {
                _unforeseen++;
                _firstUnforeseen ??= At(features[slot], slot);
                return;
            }
        }
    }

    private string Problem(ReadOnlySpan<float> features, ReadOnlySpan<int> slots)
    {
        int slot = 0;
        while (float.IsFinite(features[slot]) || (_gaps is not null && float.IsNaN(features[slot])))
        {
            slot++;
        }

        return At(features[slot], slots.IsEmpty ? slot : slots[slot]);
    }

    private string At(float feature, int slot)
    {
        string name = column is { } known ? SlotNames.Of(known, slot) : string.Create(CultureInfo.InvariantCulture, $"slot {slot}");
        return string.Create(CultureInfo.InvariantCulture, $"{place} holds {feature} in {name}");
    }
}
