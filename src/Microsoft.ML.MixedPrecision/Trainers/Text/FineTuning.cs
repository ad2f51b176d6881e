using System.Globalization;
using System.IO.Enumeration;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Rates and frozen parameters of a <see cref="Networks.Families.Transformer"/> by <see cref="FineTuningOptions"/>.</summary>
/// <param name="options">The options.</param>
/// <param name="usualRate">Of the backbone, where none is set.</param>
internal sealed class FineTuning(FineTuningOptions options, float usualRate)
{
    private const string Option = nameof(TextTrainerOptions.FineTuning) + ".";

    private float BackboneRate => options.BackboneRate ?? usualRate;

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">One is outside its range.</exception>
    public void Check()
    {
        RequireAtLeast(options.FreezeEpochs, 0, Option + nameof(options.FreezeEpochs));
        Require(IsPart(BackboneRate), Option + nameof(options.BackboneRate), options.BackboneRate,
            "above 0 and at most 1, for example 0.1, or null; to keep layers as they are, name them in FineTuning.Freeze");
        Require(IsPart(options.LayerDecay), Option + nameof(options.LayerDecay), options.LayerDecay,
            "above 0 and at most 1, for example 0.9");
        RequireValue(options.Freeze, Option + nameof(options.Freeze), "a list, [] for nothing");
        foreach (string? name in options.Freeze)
        {
            Require(!string.IsNullOrWhiteSpace(name), Option + nameof(options.Freeze), $"a list with '{name}' in it",
                "names of parameters, for example embeddings.*");
        }
    }

    /// <summary>Multiplies the factors of rates.</summary>
    /// <param name="network">The network.</param>
    public void SetRates(Network network)
    {
        int layers = Layers(network);
        foreach (Parameter parameter in network.Parameters.Where(parameter => !IsOutput(parameter)))
        {
            parameter.RateFactor *= BackboneRate * MathF.Pow(options.LayerDecay, layers - 1 - Layer(parameter, layers));
        }
    }

    /// <summary>What keeps its values.</summary>
    /// <param name="network">The network.</param>
    /// <exception cref="InvalidOperationException">A name is of no parameter, or nothing is left to train.</exception>
    public FrozenParameters Frozen(Network network)
    {
        var always = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in options.Freeze)
        {
            string[] found = [.. network.Parameters.Select(parameter => parameter.Name)
                .Where(parameter => FileSystemName.MatchesSimpleExpression(name, parameter, ignoreCase: false))];
            if (found.Length == 0)
            {
                throw new InvalidOperationException($"{Option}{nameof(options.Freeze)} has '{name}', which is the name of no parameter; "
                    + $"there are {string.Join(", ", network.Parameters.Select(parameter => parameter.Name))}.");
            }

            always.UnionWith(found);
        }

        return always.Count == network.Parameters.Count
            ? throw new InvalidOperationException($"{Option}{nameof(options.Freeze)} is [{string.Join(", ", options.Freeze)}], which "
                + "freezes all parameters, so that nothing is left to train. Leave out the last layer, output.*.")
            : new FrozenParameters(
                always,
                options.FreezeEpochs == 0
                    ? FrozenParameters.None.AtFirst
                    : network.Parameters.Where(parameter => !IsOutput(parameter)).Select(parameter => parameter.Name).ToHashSet(),
                options.FreezeEpochs);
    }

    private static bool IsPart(float value) => value is > 0 and <= 1;

    private static bool IsOutput(Parameter parameter) => parameter.Name.StartsWith("output.", StringComparison.Ordinal);

    private static int Layers(Network network) => network.Parameters.Max(parameter => NumberOf(parameter.Name) ?? -1) + 1;

    /// <summary>−1 for embeddings; what stands behind all layers counts to the last one.</summary>
    private static int Layer(Parameter parameter, int layers)
        => parameter.Name.StartsWith("embeddings.", StringComparison.Ordinal) ? -1 : NumberOf(parameter.Name) ?? layers - 1;

    private static int? NumberOf(string name)
        => name.Split('.') is ["layers", var number, ..] && int.TryParse(number, CultureInfo.InvariantCulture, out int layer)
            ? layer
            : null;
}
