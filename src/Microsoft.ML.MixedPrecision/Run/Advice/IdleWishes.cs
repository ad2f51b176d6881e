using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>
/// Finds what was asked for and changes nothing in a certain network: a pattern that matches no layer, weights without masters where none
/// is in
/// 16 bits, parts of hidden layers where there are none. Each is allowed, since one set of options may serve several networks, but mostly a
/// slip.
/// </summary>
internal static class IdleWishes
{
    private const int MostNames = 8;

    /// <summary>A sentence or two for each: the value, what there is, and what to do.</summary>
    /// <param name="network">The network.</param>
    /// <param name="policy">The policy, resolved.</param>
    public static IEnumerable<string> Of(Network network, PrecisionPolicy policy)
    {
        IReadOnlyList<PlannedFormat> planned = network.Formats(policy);
        return [.. OfPatterns(policy, planned), .. OfWeightUpdate(policy, planned)];
    }

    private static IEnumerable<string> OfPatterns(PrecisionPolicy policy, IReadOnlyList<PlannedFormat> planned)
        => policy.LayerWishes
            .Where(wish => !planned.Any(operation => wish.Matches(operation.Kind, operation.Layer)))
            .Select(wish => $"The precision policy asks for {wish.Format} in layers '{wish.Pattern}', but no layer has such a name, so "
                + $"that it changes nothing. The layers are {Names(planned)}; the case matters. Correct the pattern given to WithLayer.");

    private static IEnumerable<string> OfWeightUpdate(PrecisionPolicy policy, IReadOnlyList<PlannedFormat> planned)
    {
        if (policy.WeightUpdate == WeightUpdate.Plain
            && !planned.Any(operation => operation.Kind == OperationKind.MatrixProduct && operation.Format.Is16Bit()))
        {
            yield return $"WeightUpdate is Plain, but under the policy '{policy}' this network has no weights in 16 bits, so that it "
                + $"changes nothing: they are updated in Float32. Use a policy with weights in 16 bits, such as "
                + $"PrecisionPolicy.MixedBFloat16, or leave WeightUpdate at Master.";
        }
    }

    /// <summary>The layers' names, those in the middle left out where they are many.</summary>
    private static string Names(IReadOnlyList<PlannedFormat> planned)
    {
        string[] names = [.. planned.Select(operation => $"'{operation.Layer}'").Distinct()];
        return names.Length <= MostNames
            ? string.Join(", ", names)
            : string.Join(", ", [.. names.Take(MostNames - 1), "…", names[^1]]);
    }
}
