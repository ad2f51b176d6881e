using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>y = [the numbers of x in their order, then a row of a table for each category]: the first layer of a network that reads
/// categories, of which it knows by its input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Columns of an embedding, from 1 to <see cref="MostColumns"/>.</param>
internal sealed record CategoryEmbeddingSpec(string Name, int Columns) : LayerSpec(Name)
{
    /// <summary>The widest embedding: a column for each thread of a block that sums up a frequent level on a card.</summary>
    public const int MostColumns = 512;

    /// <summary>The width of embeddings of categories of more levels; fewer levels need no more numbers than there are. Source: RealMLP
    /// (https://arxiv.org/abs/2407.04491).</summary>
    private const int UsualColumns = 8;

    /// <inheritdoc/>
    internal override string Kind => nameof(CategoryEmbedding);

    /// <inheritdoc/>
    internal override int SinceVersion => TablesVersion;

    /// <summary>The width for categories of so many levels: that of the one with most of them, at most 8.</summary>
    /// <param name="levels">Levels of each.</param>
    public static int ColumnsFor(IReadOnlyList<int> levels) => Math.Min(UsualColumns, levels.Max());

    /// <inheritdoc/>
    public override SpecValue Output(SpecValue input)
    {
        CategoryColumns categories = CategoriesOf(input);
        return Columns is >= 1 and <= MostColumns
            ? new SpecValue(input.Shape.WithColumns(WidthOf(categories, input)))
            : throw Refusal($"has {Columns} columns; it must have 1 to {MostColumns}.");
    }

    /// <inheritdoc/>
    public override IEnumerable<StoredShape> Stored(SpecValue input) => [new(Name + ".weight", RowsOf(CategoriesOf(input)), Columns)];

    /// <inheritdoc/>
    public override Layer Create(SpecValue input) => new CategoryEmbedding(Name, CategoriesOf(input), Columns);

    /// <inheritdoc/>
    protected override string Text => $"CategoryEmbedding {Columns}";

    private CategoryColumns CategoriesOf(SpecValue input)
        => input.Categories ?? throw Refusal($"reads categories and gets {input}; put it first, behind an input with categories.");

    private int RowsOf(CategoryColumns categories)
    {
        long rows = categories.Levels.Sum(levels => (long)levels + CategoryPlaces.Others);
        return rows * Columns <= Array.MaxLength
            ? (int)rows
            : throw Refusal($"needs a table of {rows} rows and {Columns} columns; an array holds at most {Array.MaxLength}. Use categories "
                + "of fewer levels.");
    }

    private int WidthOf(CategoryColumns categories, SpecValue input)
    {
        long width = input.Shape.Columns + (categories.Levels.Count * (Columns - 1L));
        return width <= Array.MaxLength
            ? (int)width
            : throw Refusal($"gives {width} columns; an array holds at most {Array.MaxLength}. Use fewer categories.");
    }
}

/// <summary>y = [the numbers of x in their order, then a row of the table for each category], with one table (Σ(Kⱼ + 2), columns) for all
/// categories: <see cref="CategoryPlaces"/> says which row stands for what.</summary>
internal sealed class CategoryEmbedding : Layer
{
    private readonly string _name;
    private readonly int _columns;

    /// <summary>Creates a layer of zeros; <see cref="Initialize"/> fills it.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="categories">The categories of a row.</param>
    /// <param name="columns">Columns of an embedding.</param>
    public CategoryEmbedding(string name, CategoryColumns categories, int columns)
    {
        _name = name;
        _columns = columns;
        Categories = categories;
        Places = new CategoryPlaces(categories);
        Table = new Parameter(name + ".weight", Places.Rows, columns, decays: true);
    }

    /// <summary>The categories of a row.</summary>
    public CategoryColumns Categories { get; }

    /// <summary>Which row of the table stands for what.</summary>
    public CategoryPlaces Places { get; }

    /// <summary>The table.</summary>
    public Parameter Table { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [Table];

    /// <inheritdoc/>
    public override bool DrawsWeights => true;

    /// <inheritdoc/>
    /// <remarks>Normal with σ = 1/√columns, so that an embedding is as long as a scaled number is large; the row of the unseen, which no
    /// row trains, is 0. <see cref="ClearUnused"/> makes those of levels 0 that no row has.</remarks>
    public override void Initialize(WeightInitializer weights, ActivationKind following)
    {
        weights.FillNormal(Table, 1 / Math.Sqrt(_columns));
        foreach (int start in Places.Starts[..^1])
        {
            Clear(start + 1);
        }
    }

    /// <summary>Makes the rows of the table 0 that no row of the training set uses. They have no gradient, and decay keeps them 0: a level
    /// that is met later only adds nothing.</summary>
    /// <param name="isUsed">For each row of the table whether it is used.</param>
    public void ClearUnused(ReadOnlySpan<bool> isUsed)
    {
        for (int row = 0; row < isUsed.Length; row++)
        {
            if (!isUsed[row])
            {
                Clear(row);
            }
        }
    }

    /// <inheritdoc/>
    public override Value Build(PlanBuilder plan, Value x) => plan.CategoryEmbedding(_name, x, Categories, Table);

    private void Clear(int row) => Table.Values.AsSpan(row * _columns, _columns).Clear();
}
