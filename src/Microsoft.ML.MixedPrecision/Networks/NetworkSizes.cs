using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>What follows from a spec, read off it layer by layer before any memory is taken for what it describes.</summary>
internal sealed class NetworkSizes
{
    private readonly List<LayerSizes> _layers = [];
    private readonly Dictionary<string, StoredShape> _stored = new(StringComparer.Ordinal);

    /// <summary>Follows a spec from its input to its output.</summary>
    /// <param name="spec">The network.</param>
    /// <exception cref="InvalidDataException">It describes none: the layer, the value, what is allowed.</exception>
    public NetworkSizes(NetworkSpec spec)
    {
        SpecLimits.Require(spec);
        Input = spec.Inputs[0].Output();
        Require(Input.Elements, $"Input '{spec.Inputs[0].Name}' has {Input}");
        Widest = Input.Shape.Columns;
        Bytes = spec.Inputs[0].Learned * sizeof(float);
        Output = Follow(spec.Layers, Input);
    }

    /// <summary>What the first layer reads.</summary>
    public SpecValue Input { get; }

    /// <summary>What the last layer gives.</summary>
    public SpecValue Output { get; }

    /// <summary>The layers in forward order, one with branches behind what is in them.</summary>
    public IReadOnlyList<LayerSizes> Layers => _layers;

    /// <summary>The most columns that any layer reads or gives.</summary>
    public int Widest { get; private set; }

    /// <summary>Bytes of all that files keep: parameters, states and the preparation of features, Float32.</summary>
    public long Bytes { get; private set; }

    private SpecValue Follow(IReadOnlyList<LayerSpec> layers, SpecValue value)
    {
        foreach (LayerSpec layer in layers)
        {
            foreach (IReadOnlyList<LayerSpec> branch in layer.Branches())
            {
                Follow(branch, value);
            }

            SpecValue output = layer.Output(value);
            Require(output.Elements, $"Layer '{layer.Name}' ({layer.Kind}) gives {output}");
            StoredShape[] stored = [.. layer.Stored(value)];
            foreach (StoredShape matrix in stored)
            {
                Add(layer, matrix);
            }

            foreach (StoredShape matrix in layer.Shared(value))
            {
                RequireStored(layer, matrix);
            }

            Widest = Math.Max(Widest, output.Shape.Columns);
            _layers.Add(new LayerSizes(layer, output, stored));
            value = output;
        }

        return value;
    }

    private void Add(LayerSpec layer, StoredShape matrix)
    {
        Require(matrix.Elements, $"Layer '{layer.Name}' ({layer.Kind}) needs '{matrix.Name}' of {matrix.Rows} × {matrix.Columns} numbers");
        if (!_stored.TryAdd(matrix.Name, matrix))
        {
            throw new InvalidDataException($"Two layers store '{matrix.Name}'; give them other names.");
        }

        Bytes += matrix.Elements * sizeof(float);
    }

    private void RequireStored(LayerSpec layer, StoredShape matrix)
    {
        if (!_stored.TryGetValue(matrix.Name, out StoredShape found) || found != matrix)
        {
            string instead = found.Name is null ? "no layer before it stores that" : $"it has {found.Rows} × {found.Columns}";
            throw new InvalidDataException($"Layer '{layer.Name}' ({layer.Kind}) reads '{matrix.Name}' of {matrix.Rows} × "
                + $"{matrix.Columns} numbers; {instead}. Name a layer before it whose weights have that size.");
        }
    }

    private static void Require(long elements, string what)
    {
        if (elements > Array.MaxLength)
        {
            throw new InvalidDataException($"{what}, {elements} in all; an array holds at most {Array.MaxLength}. Use narrower layers.");
        }
    }
}

/// <summary>A layer's part of <see cref="NetworkSizes"/>.</summary>
/// <param name="Spec">The layer.</param>
/// <param name="Output">What it gives.</param>
/// <param name="Stored">What it will hold itself, without its branches.</param>
internal readonly record struct LayerSizes(LayerSpec Spec, SpecValue Output, IReadOnlyList<StoredShape> Stored)
{
    /// <summary>Numbers that training learns by gradient.</summary>
    public long Parameters => Stored.Where(matrix => !matrix.IsState).Sum(matrix => matrix.Elements);
}
