using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Checks that columns are such as features are read from, as far as the shape of a schema tells.</summary>
internal static class FeaturePartCheck
{
    private static readonly DataViewType[] Numbers =
    [
        NumberDataViewType.Single, NumberDataViewType.Double, NumberDataViewType.SByte, NumberDataViewType.Int16,
        NumberDataViewType.Int32, NumberDataViewType.Int64, NumberDataViewType.Byte, NumberDataViewType.UInt16,
        NumberDataViewType.UInt32, NumberDataViewType.UInt64, BooleanDataViewType.Instance,
    ];

    /// <summary>Checks columns of numbers and of categories.</summary>
    /// <param name="shape">The data's columns.</param>
    /// <param name="numbers">Names of the columns of numbers.</param>
    /// <param name="categories">Names of those of categories.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else; the message names it and says what to
    /// do.</exception>
    public static void Require(SchemaShape shape, IReadOnlyList<string> numbers, IReadOnlyList<string> categories)
    {
        foreach (string name in numbers)
        {
            RequireNumbers(Find(shape, name, "feature", nameof(TableTrainerOptions.FeatureColumnNames)));
        }

        foreach (string name in categories)
        {
            RequireCategories(Find(shape, name, "categorical", nameof(TableTrainerOptions.CategoricalColumnNames)));
        }
    }

    private static SchemaShape.Column Find(SchemaShape shape, string name, string role, string option)
        => shape.TryFindColumn(name, out SchemaShape.Column column)
            ? column
            : throw new ArgumentOutOfRangeException(nameof(shape), $"There is no {role} column '{name}'; there are "
                + $"{string.Join(", ", shape.Select(other => other.Name))}. Correct {option}, or add a step that makes the column.");

    private static void RequireNumbers(SchemaShape.Column column)
    {
        RequireKnownSize(column, "feature");
        bool isScalar = column.Kind == SchemaShape.Column.VectorKind.Scalar;
        if (column.IsKey || !(isScalar ? Numbers.Contains(column.ItemType) : column.ItemType == NumberDataViewType.Single))
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"The feature column '{column.Name}' holds {column.GetTypeString()}; it "
                + $"must hold a vector of Single, a number or a Boolean. {Remedy(column)}");
        }
    }

    private static string Remedy(SchemaShape.Column column)
        => column.IsKey
            ? $"Name it in {nameof(TableTrainerOptions.CategoricalColumnNames)}, or use Transforms.Conversion.MapKeyToVector."
            : column.ItemType is TextDataViewType
                ? $"Use Transforms.Categorical.OneHotEncoding, or Transforms.Conversion.MapValueToKey and name it in "
                    + $"{nameof(TableTrainerOptions.CategoricalColumnNames)}."
                : $"Use Transforms.Conversion.ConvertType(\"{column.Name}\", outputKind: DataKind.Single).";

    private static void RequireCategories(SchemaShape.Column column)
    {
        RequireKnownSize(column, "categorical");
        if (!column.IsKey)
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"The categorical column '{column.Name}' holds "
                + $"{column.GetTypeString()}; it must hold a key, or a vector of keys. Use "
                + $"Transforms.Conversion.MapValueToKey(\"{column.Name}\").");
        }
    }

    private static void RequireKnownSize(SchemaShape.Column column, string role)
    {
        if (column.Kind == SchemaShape.Column.VectorKind.VariableVector)
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"The {role} column '{column.Name}' holds vectors of unknown size; a "
                + "network needs a fixed one. Declare it with [VectorType(n)], or give the loader the range of columns.");
        }
    }
}
