using System.Globalization;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>Counts what was not finite in the steps that were skipped.</summary>
internal sealed class SkipTally
{
    private const int MostPlaces = 3;

    private readonly Dictionary<string, long> _steps = [];

    /// <summary>Counts some steps.</summary>
    public static SkipTally Of(IEnumerable<SkippedStep> steps)
    {
        var tally = new SkipTally();
        foreach (SkippedStep step in steps)
        {
            tally.Add(step.Place);
        }

        return tally;
    }

    /// <summary>Steps by place, in the order in which places came up.</summary>
    public IReadOnlyDictionary<string, long> Capture() => new Dictionary<string, long>(_steps);

    /// <summary>Goes on from there.</summary>
    /// <param name="steps">Steps by place.</param>
    public void Resume(IReadOnlyDictionary<string, long> steps)
    {
        _steps.Clear();
        foreach ((string place, long count) in steps)
        {
            _steps.Add(place, count);
        }
    }

    /// <summary>Counts the steps of an epoch.</summary>
    public void Add(TrainingMetrics metrics)
    {
        foreach (StepMetrics step in metrics.Attempts)
        {
            if (step.NonFinite is { } place)
            {
                Add(place);
            }
        }
    }

    /// <summary>For people: <c>the gradient of 'output.bias' was not finite</c>, or several places, most frequent first, with the steps of
    /// each.</summary>
    public override string ToString()
    {
        if (_steps.Count <= 1)
        {
            return Sentence(_steps.Keys.FirstOrDefault());
        }

        IEnumerable<string> places = _steps.OrderByDescending(place => place.Value).Take(MostPlaces)
            .Select(place => string.Create(CultureInfo.InvariantCulture, $"{Name(place.Key)} (first in {place.Value})"));
        return $"values were not finite: {string.Join(", ", places)}{(_steps.Count > MostPlaces ? ", …" : "")}";
    }

    /// <summary>The clause for a place: <c>the loss was not finite</c>.</summary>
    /// <param name="place">As in <see cref="StepMetrics.NonFinite"/>; null where it is not known.</param>
    public static string Sentence(string? place) => place switch
    {
        null => "values were not finite",
        NonFinite.LogitsName => $"{Name(place)} were not finite",
        NonFinite.NormName => $"{Name(place)} was larger than can be applied",
        _ => $"{Name(place)} was not finite",
    };

    private void Add(string place) => _steps[place] = _steps.GetValueOrDefault(place) + 1;

    private static string Name(string place) => place switch
    {
        NonFinite.LossName => "the loss",
        NonFinite.LogitsName => "the network's outputs",
        NonFinite.NormName => "the norm of the gradient",
        _ => $"the gradient of '{place}'",
    };
}
