using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
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
/// <param name="Categories">Levels of the categories that the last columns are, which nothing is done to before the first layer: their
/// numbers are 0 for missing and 1 to as many as there are levels; null for none, and left out of JSON.</param>
/// <param name="IsSparse">Whether numbers are nearly all 0, and the others alone are kept; left out of JSON where not.</param>
internal sealed record NumbersInput(
    string Name,
    int Columns,
    int Rows = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Height = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FeatureScaling Scaling = FeatureScaling.None,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] MissingValues Missing = MissingValues.Reject,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Indicated = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Categories = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsSparse = false)
    : InputSpec(Name)
{
    /// <summary>Most columns that have an indicator, so that a network that trains can be saved: each takes at most 11 of the
    /// <see cref="SpecLimits.MostBytes"/> of JSON.</summary>
    public const int MostIndicators = 1 << 20;

    /// <summary>Most levels of a category, so that Float32 holds the number of each exactly.</summary>
    public const int MostLevels = (1 << 24) - 1;

    /// <summary>Most columns that are categories, so that a network that trains can be saved beside as many indicators: each takes at
    /// most 9 bytes of JSON.</summary>
    public const int MostCategories = 1 << 16;

    /// <summary>A row of a table: features, which are prepared where they are numbers.</summary>
    /// <param name="columns">Features, and categories behind them.</param>
    /// <param name="scaling">What is done to the features.</param>
    /// <param name="missing">What is done where they are missing.</param>
    /// <param name="indicated">Those with an indicator of gaps; null for none.</param>
    /// <param name="categories">Levels of the categories; null for none.</param>
    public static NumbersInput OfTable(
        int columns, FeatureScaling scaling, MissingValues missing, IReadOnlyList<int>? indicated, IReadOnlyList<int>? categories)
    {
        bool hasNumbers = columns > (categories?.Count ?? 0);
        return new NumbersInput(
            "features",
            columns,
            Scaling: hasNumbers ? scaling : FeatureScaling.None,
            Missing: hasNumbers ? missing : MissingValues.Reject,
            Indicated: indicated,
            Categories: categories);
    }

    /// <inheritdoc/>
    internal override long Given => (long)Rows * Columns;

    /// <summary>Columns that are numbers and no categories, the first ones.</summary>
    internal int Numbers => Columns - (Categories?.Count ?? 0);

    /// <inheritdoc/>
    internal override long Learned => ((Scaling == FeatureScaling.None ? 0 : 2) + (Missing == MissingValues.Reject ? 0 : 1))
        * (Given - (Columns - Numbers));

    /// <inheritdoc/>
    internal override int SinceVersion
        => Scaling <= FeatureScaling.Standard && Missing == MissingValues.Reject && Indicated is null && Categories is null && !IsSparse
            ? NetworkSpec.FirstVersion
            : LayerSpec.TablesVersion;

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
        RequireCategories();
        RequireIndicators();
        RequireSparse();
        return new SpecValue(
            new Shape(Rows, Width, Height),
            Categories: Categories is { } levels ? new CategoryColumns(Numbers, levels) : null,
            IsSparse: IsSparse);
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
                : $"{Numbers}";
            string gaps = Missing == MissingValues.Reject ? "" : " with gaps filled";
            string indicators = Width == Columns ? "" : $" and {Width - Columns} indicators of gaps";
            string categories = Categories is null ? "" : $" and {Categories.Count} categories of {string.Join(", ", Categories)} levels";
            string numbers = IsSparse ? " sparse numbers" : " numbers";
            return size + numbers + categories + gaps + indicators + (Scaling == FeatureScaling.None ? "" : $" scaled ({Scaling})");
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

    private void RequireCategories()
    {
        if (Categories is null)
        {
            return;
        }

        if (Rows != 1 || Categories.Count == 0 || Categories.Count > Math.Min(MostCategories, Columns))
        {
            throw new InvalidDataException($"Input '{Name}' has {Categories.Count} categories in {Columns} columns and {Rows} rows; 1 to "
                + $"{MostCategories} of the columns of one row can be categories.");
        }

        for (int i = 0; i < Categories.Count; i++)
        {
            if (Categories[i] is < 1 or > MostLevels)
            {
                throw new InvalidDataException($"Input '{Name}' has a category of {Categories[i]} levels at place {i}; there must be 1 to "
                    + $"{MostLevels}.");
            }
        }
    }

    /// <summary>Zeros stay zeros, so that nothing may be done to numbers.</summary>
    private void RequireSparse()
    {
        if (IsSparse && (Rows != 1 || Scaling != FeatureScaling.None || Missing != MissingValues.Reject || Categories is not null))
        {
            throw new InvalidDataException($"Input '{Name}' is sparse and has {Rows} rows, {Scaling} scaling, {Missing} and "
                + $"{Categories?.Count ?? 0} categories; a sparse input has one row of numbers, to which nothing is done.");
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
            if (Indicated[i] < least || Indicated[i] >= Numbers)
            {
                throw new InvalidDataException($"Input '{Name}' has an indicator of gaps in column {Indicated[i]} at place {i}; numbers "
                    + $"must ascend, each once, and be below {Numbers}.");
            }
        }
    }
}
