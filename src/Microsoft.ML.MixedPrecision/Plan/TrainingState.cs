using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// All that a plan holds between two steps, on the host, whatever its device, formats and padding. A plan that is made from it does the
/// steps that this one would have done:
/// with the same settings, device and product algorithms bit for bit. It has no records, which the host has taken before.
/// </summary>
internal sealed record TrainingState
{
    /// <summary>Before the name of a parameter: its weights, from the Float32 master, or where there is none from the 16-bit weight, which
    /// widens exactly and rounds back to its own bits.</summary>
    public const string Weight = "weight/";

    /// <summary>Before the name of a parameter: its first moment or velocity, where the optimizer keeps one.</summary>
    public const string First = "first/";

    /// <summary>Before the name of a parameter: its second moment, where the optimizer keeps one.</summary>
    public const string Second = "second/";

    /// <summary>Before the name of what a layer learns without gradient: its values as of the last committed step.</summary>
    public const string Layer = "state/";

    /// <summary>What advances with every attempt.</summary>
    public required RunBlock Run { get; init; }

    /// <summary>The phases; today one.</summary>
    public required IReadOnlyList<PhaseState> Phases { get; init; }

    /// <summary>Weights, moments and layer states, each name once.</summary>
    public required IReadOnlyList<StateTensor> Tensors { get; init; }

    /// <summary>Totals of the range probes by name, as in <see cref="ValueRange.Name"/>.</summary>
    public IReadOnlyDictionary<string, RangeTotals> Ranges { get; init; } = new Dictionary<string, RangeTotals>();

    /// <summary>The algorithms of the plan's products on a card: see <see cref="MatmulPlans.Chosen"/>.</summary>
    public IReadOnlyDictionary<string, byte[]> Products { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>Checks that the state is one of a plan, and copies its tensors there.</summary>
    /// <param name="places">All places of the plan.</param>
    /// <exception cref="ArgumentException">The state has other tensors: none is copied.</exception>
    public void CopyTo(IReadOnlyList<StatePlace> places)
    {
        if (Differences(places) is { Length: > 0 } differences)
        {
            throw new ArgumentException(
                $"The state is of another network or optimizer than the plan: {differences} Make the plan from the network and the "
                    + $"optimizer that the state is of.", nameof(places));
        }

        Dictionary<string, StateTensor> tensors = Tensors.ToDictionary(tensor => tensor.Name);
        foreach (StatePlace place in places)
        {
            place.Write(tensors[place.Name].Values);
        }
    }

    /// <summary>What differs, the first few sentences; empty if nothing does.</summary>
    private string Differences(IReadOnlyList<StatePlace> places)
    {
        const int Most = 3;
        ILookup<string, StateTensor> tensors = Tensors.ToLookup(tensor => tensor.Name);
        HashSet<string> wanted = [.. places.Select(place => place.Name)];
        IEnumerable<string> differences = places.Where(place => !tensors.Contains(place.Name)).Select(place => $"it has no {place}.")
            .Concat(Tensors.Where(tensor => !wanted.Contains(tensor.Name)).Select(tensor => $"it has {tensor}, which the plan has not."))
            .Concat(tensors.Where(named => named.Count() > 1).Select(named => $"it has '{named.Key}' {named.Count()} times."))
            .Concat(places.SelectMany(place => tensors[place.Name], (place, tensor) => (Place: place, Tensor: tensor))
                .Where(pair => (pair.Place.Rows, pair.Place.Columns) != (pair.Tensor.Rows, pair.Tensor.Columns)
                    || pair.Tensor.Values.Length != (long)pair.Place.Rows * pair.Place.Columns)
                .Select(pair => $"it has {pair.Tensor} in {pair.Tensor.Values.Length} values, the plan {pair.Place}."));
        return string.Join(' ', differences.Take(Most));
    }
}
