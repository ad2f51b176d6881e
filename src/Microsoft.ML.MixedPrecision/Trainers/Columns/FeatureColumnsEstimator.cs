using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Makes one vector of Single of several columns: first those of numbers, then those of keys, each in the order given.</summary>
/// <param name="env">The context.</param>
/// <param name="numbers">Columns of vectors of Single, of numbers and of Booleans.</param>
/// <param name="categories">Columns of keys and vectors of keys.</param>
internal sealed class FeatureColumnsEstimator(IHostEnvironment env, IReadOnlyList<string> numbers, IReadOnlyList<string> categories)
    : IEstimator<ITransformer>
{
    private const int LongestName = 128;

    /// <summary>What the vector's column is called: by its columns, so that no other column has the name by chance.</summary>
    /// <param name="numbers">Columns of numbers.</param>
    /// <param name="categories">Columns of keys.</param>
    public static string NameOf(IReadOnlyList<string> numbers, IReadOnlyList<string> categories)
    {
        string all = string.Join(", ", numbers) + (categories.Count == 0 ? "" : $"; {string.Join(", ", categories)}");
        if (all.Length > LongestName)
        {
            string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)))[..8];
            all = string.Create(CultureInfo.InvariantCulture, $"{numbers.Count + categories.Count} columns, {digest}");
        }

        return $"Features({all})";
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or a key of too many values.</exception>
    public ITransformer Fit(IDataView input)
    {
        FeaturePartCheck.Require(SchemaShape.Create(input.Schema), numbers, categories);
        FeaturePart[] parts = [.. numbers.Concat(categories).Select(name => FeaturePart.Of(input.Schema[name]))];
        return new FeatureColumnsTransformer(env, NameOf(numbers, categories), parts);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        FeaturePartCheck.Require(inputSchema, numbers, categories);
        var slotNames = new SchemaShape.Column(
            AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false);
        string name = NameOf(numbers, categories);
        var made = new SchemaShape.Column(
            name, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, new SchemaShape([slotNames]));
        return new SchemaShape(inputSchema.Where(column => column.Name != name).Append(made));
    }
}
