using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>Networks that were trained apart as one, whose output is their mean.</summary>
internal static class Bagging
{
    /// <summary>What stands before the names of the layers of a network.</summary>
    /// <param name="bag">Its number, from 0.</param>
    public static string PrefixOf(int bag) => $"bag.{bag}.";

    /// <summary>Joins networks.</summary>
    /// <param name="bags">At least one: of one family, for the same features and outputs, which they prepare alike.</param>
    /// <param name="average">What is averaged.</param>
    /// <returns>A network with copies of their weights.</returns>
    public static Network Join(IReadOnlyList<Network> bags, MemberMeanKind average)
    {
        LayerSpec[][] members = [.. bags.Select((bag, i) => bag.Spec.Layers.Select(layer => layer.Prefixed(PrefixOf(i))).ToArray())];
        var joined = new Network(new NetworkSpec(bags[0].Spec.Inputs, [new EnsembleSpec("bags", average, members)]));
        var stored = joined.Stored.ToDictionary(matrix => matrix.Name, StringComparer.Ordinal);
        foreach ((int i, Network bag) in bags.Index())
        {
            foreach (StoredMatrix matrix in bag.Stored)
            {
                matrix.Values.CopyTo(stored[PrefixOf(i) + matrix.Name].Values, 0);
            }
        }

        joined.TakePreparation(bags[0]);
        return joined;
    }

    /// <summary>What the range probes of all networks met, under the names that layers have in the joined one.</summary>
    /// <param name="input">The name of the network's input, which they share.</param>
    /// <param name="bags">Of each network, in order.</param>
    public static IReadOnlyList<ValueRange> Join(string input, IEnumerable<IReadOnlyList<ValueRange>> bags)
    {
        ValueRange[] all = [.. bags.SelectMany((ranges, i) => ranges.Select(
            range => range.Name == input ? range : range.Named(PrefixOf(i) + range.Name)))];
        ValueRange? largest = all.Where(range => range.Name == input).MaxBy(range => range.Largest);
        return [.. largest is null ? [] : (ValueRange[])[largest], .. all.Where(range => range.Name != input)];
    }
}
