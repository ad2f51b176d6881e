using System.Buffers;
using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// How large a spec may be, whoever wrote it, so that reading one takes no more memory and stack than its file has bytes, and a network
/// that trains can be saved: a layer's record without what is in it takes less than 256 bytes of JSON.
/// </summary>
internal static class SpecLimits
{
    /// <summary>Layers, those in others counted.</summary>
    public const int MostLayers = 1 << 16;

    /// <summary>Layers that stand in one another.</summary>
    public const int MostDepth = 16;

    /// <summary>Bytes of JSON.</summary>
    public const int MostBytes = MostLayers * 256;

    private const int LongestName = 128;

    private static readonly SearchValues<char> Letters
        = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Throws unless a spec is within them, and its names are names, each once.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="InvalidDataException">What is wrong, and what is allowed.</exception>
    public static void Require(NetworkSpec spec)
    {
        if (spec.Version is < NetworkSpec.FirstVersion or > NetworkSpec.FileVersion)
        {
            throw new InvalidDataException($"The network's description is of version {spec.Version}; this library reads versions "
                + $"{NetworkSpec.FirstVersion} to {NetworkSpec.FileVersion}.");
        }

        if (spec.Version < spec.NeededVersion)
        {
            throw new InvalidDataException($"The network's description is of version {spec.Version}, but what is in it came with version "
                + $"{spec.NeededVersion}.");
        }

        if (spec.Inputs.Count != 1)
        {
            throw new InvalidDataException($"A network has one input, which its first layer reads; this one has {spec.Inputs.Count}.");
        }

        if (spec.Inputs[0] is null)
        {
            throw new InvalidDataException("The input is null; say what the network reads.");
        }

        if (spec.Layers.Count == 0)
        {
            throw new InvalidDataException("A network has at least one layer; this one has none.");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        RequireName(spec.Inputs[0].Name, names);
        RequireLayers(spec.Layers, depth: 1, names);
    }

    private static void RequireLayers(IReadOnlyList<LayerSpec> layers, int depth, HashSet<string> names)
    {
        if (depth > MostDepth)
        {
            throw new InvalidDataException($"Layers stand in one another {depth} deep; at most {MostDepth} may.");
        }

        foreach (LayerSpec layer in layers)
        {
            if (layer is null)
            {
                throw new InvalidDataException("A layer is null; leave it out.");
            }

            RequireName(layer.Name, names);
            if (names.Count > MostLayers)
            {
                throw new InvalidDataException($"A network has at most {MostLayers} layers, those in others counted; this one has more.");
            }

            foreach (IReadOnlyList<LayerSpec> branch in layer.Branches())
            {
                RequireLayers(branch, depth + 1, names);
            }
        }
    }

    private static void RequireName(string name, HashSet<string> names)
    {
        if (name.Length is 0 or > LongestName || name.AsSpan().ContainsAnyExcept(Letters))
        {
            throw new InvalidDataException($"'{(name.Length > LongestName ? name[..LongestName] + "…" : name)}' cannot be the name of a "
                + $"layer; a name has 1 to {LongestName} characters: letters from a to z, digits and . _ -");
        }

        if (!names.Add(name))
        {
            throw new InvalidDataException($"The name '{name}' comes twice; each layer must have its own.");
        }
    }
}
