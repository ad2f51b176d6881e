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
/// <param name="Missing">What is done where numbers are missing; left out of JSON where they must not be.</param>
/// <param name="Indicated">Columns, ascending, for each of which the first layer reads a number more that says whether it is missing; null
/// for none, and left out of JSON.</param>
internal sealed record NumbersInput(
    string Name,
    int Columns,
    int Rows = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Height = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FeatureScaling Scaling = FeatureScaling.None,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] MissingValues Missing = MissingValues.Reject,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Indicated = null)
    : InputSpec(Name)
{
    /// <summary>Most columns that have an indicator, so that a network that trains can be saved: each takes at most 11 of the
    /// <see cref="SpecLimits.MostBytes"/> of JSON.</summary>
    public const int MostIndicators = 1 << 20;

    /// <inheritdoc/>
    internal override long Given => (long)Rows * Columns;

    /// <inheritdoc/>
    internal override long Learned => ((Scaling == FeatureScaling.None ? 0 : 2) + (Missing == MissingValues.Reject ? 0 : 1)) * Given;

    /// <inheritdoc/>
    internal override int SinceVersion
        => Scaling <= FeatureScaling.Standard && Missing == MissingValues.Reject && Indicated is null
            ? NetworkSpec.FirstVersion
            : NetworkSpec.FileVersion;

    /// <summary>Columns that the first layer reads.</summary>
    internal int Width => Columns + (Indicated?.Count ?? 0);

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

        RequireDefined(Scaling, "scaling");
        RequireDefined(Missing, "treatment of missing values");
        RequireIndicators();
        return new SpecValue(new Shape(Rows, Width, Height));
    }

    /// <inheritdoc/>
    public override InputSpec Unscaled() => this with { Scaling = FeatureScaling.None, Missing = MissingValues.Reject };

    /// <inheritdoc/>
    protected override string Text
    {
        get
        {
            string size = Height is { } height ? $"{height} x {Rows / height} x {Columns}"
                : Rows > 1 ? $"{Rows} x {Columns}"
                : $"{Columns}";
            string gaps = Missing == MissingValues.Reject ? "" : " with gaps filled";
            string indicators = Width == Columns ? "" : $" and {Width - Columns} indicators of gaps";
            return size + " numbers" + gaps + indicators + (Scaling == FeatureScaling.None ? "" : $" scaled ({Scaling})");
        }
    }

    private void RequireDefined<T>(T value, string what)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new InvalidDataException($"Input '{Name}' has the {what} {value}; it must be one of "
                + $"{string.Join(", ", Enum.GetNames<T>())}.");
        }
    }

    private void RequireIndicators()
    {
        if (Missing != MissingValues.Reject && Rows != 1)
        {
            throw new InvalidDataException($"Input '{Name}' has {Rows} rows and {Missing}; gaps are filled in one row of numbers alone.");
        }

        if (Indicated is null)
        {
            return;
        }

        if (Missing != MissingValues.ImputeAndIndicate || Indicated.Count > Math.Min(MostIndicators, Array.MaxLength - Columns))
        {
            throw new InvalidDataException($"Input '{Name}' has indicators of gaps in {Indicated.Count} of {Columns} columns and "
                + $"{Missing}; with {MissingValues.ImputeAndIndicate} at most {MostIndicators} can be. Drop columns with "
                + "gaps, or fill them before.");
        }

        for (int i = 0, least = 0; i < Indicated.Count; least = Indicated[i++] + 1)
        {
            if (Indicated[i] < least || Indicated[i] >= Columns)
            {
                throw new InvalidDataException($"Input '{Name}' has an indicator of gaps in column {Indicated[i]} at place {i}; numbers "
                    + $"must ascend, each once, and be below {Columns}.");
            }
        }
    }
}
