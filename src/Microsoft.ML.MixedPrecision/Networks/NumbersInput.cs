using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>An input of numbers: the features of a table, the steps of a sequence, the pixels of an image.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Features, or channels.</param>
/// <param name="Rows">Rows of an example: 1 for a table, steps of a sequence, pixels of an image.</param>
/// <param name="Height">Lines of an image; null for what is none, and left out of JSON.</param>
/// <param name="Scaling">What is done to it before the first layer; left out of JSON where nothing is.</param>
internal sealed record NumbersInput(
    string Name,
    int Columns,
    int Rows = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Height = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FeatureScaling Scaling = FeatureScaling.None)
    : InputSpec(Name)
{
    /// <inheritdoc/>
    public override SpecValue Output()
    {
        RequirePositive(Columns, "columns");
        RequirePositive(Rows, "rows");
        if (Height is { } height)
        {
            RequirePositive(height, "lines");
            if (Rows % height != 0)
            {
                throw new InvalidDataException($"Input '{Name}' has {Rows} rows, which {height} lines do not divide; give an image height "
                    + $"times width rows.");
            }
        }

        return Enum.IsDefined(Scaling)
            ? new SpecValue(new Shape(Rows, Columns, Height))
            : throw new InvalidDataException($"Input '{Name}' has the scaling {Scaling}; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<FeatureScaling>())}.");
    }

    /// <inheritdoc/>
    public override InputSpec Unscaled() => this with { Scaling = FeatureScaling.None };

    /// <inheritdoc/>
    protected override string Text
    {
        get
        {
            string size = Height is { } height ? $"{height} x {Rows / height} x {Columns}"
                : Rows > 1 ? $"{Rows} x {Columns}"
                : $"{Columns}";
            return size + " numbers" + (Scaling == FeatureScaling.None ? "" : $" scaled ({Scaling})");
        }
    }
}
