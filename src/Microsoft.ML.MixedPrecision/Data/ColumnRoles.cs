using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Which columns a trainer reads.</summary>
/// <param name="Features">The vector of features.</param>
/// <param name="Label">What is to be predicted.</param>
/// <param name="Weight">The weight of the row; null if all rows weigh the same.</param>
/// <param name="LabelKind">Of which type the label is.</param>
internal sealed record ColumnRoles(string Features, string Label, string? Weight, LabelKind LabelKind)
{
    /// <summary>Where the first token of each word is; null where labels are of whole rows.</summary>
    public string? Places { get; init; }

    /// <summary>Whether it is validation rows that are checked, after the training rows: then messages say so, and the remedy is to prepare
    /// both alike.</summary>
    public bool AreOfValidation { get; init; }

    private string Of => AreOfValidation ? " of the validation set" : "";

    /// <summary>Checks that data of this shape has the columns, each of the right type; sizes are not part of a shape.</summary>
    /// <param name="shape">Shape of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type; the message says what to do.</exception>
    public void Check(SchemaShape shape)
    {
        SchemaShape.Column features = Find(shape, Features, "features", "FeatureColumnName");
        if (features.ItemType != NumberDataViewType.Single || features.IsKey)
        {
            throw Refused(nameof(shape), $"The feature column '{Features}'{Of} holds {features.GetTypeString()}; it must hold a vector "
                + $"of Single.", "Convert it, for example with Transforms.Conversion.ConvertType, then Transforms.Concatenate.");
        }

        if (features.Kind == SchemaShape.Column.VectorKind.VariableVector)
        {
            throw Refused(nameof(shape), $"The feature column '{Features}'{Of} holds vectors of unknown size; a network needs a fixed "
                + $"one.", "Declare it with [VectorType(n)], or give the loader the range of columns.");
        }

        if (features.Kind != SchemaShape.Column.VectorKind.Vector)
        {
            throw Refused(
                nameof(shape),
                $"The feature column '{Features}'{Of} holds single numbers; it must hold a vector of Single.",
                $"Use Transforms.Concatenate(\"{Features}\", …).");
        }

        CheckLabel(Find(shape, Label, "label", "LabelColumnName"));
        if (Places is not null)
        {
            CheckPlaces(shape, Places);
        }

        if (Weight is not null)
        {
            CheckWeight(Find(shape, Weight, "weight", "ExampleWeightColumnName"));
        }
    }

    /// <summary>Checks the label's type.</summary>
    /// <param name="label">The column.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is another; the message says what to do.</exception>
    public void CheckLabel(SchemaShape.Column label)
    {
        bool isScalar = label.Kind == SchemaShape.Column.VectorKind.Scalar;
        (bool fits, string wanted, string remedy) = LabelKind switch
        {
            LabelKind.Key => (label.IsKey && isScalar && label.ItemType == NumberDataViewType.UInt32, "a key of UInt32",
                $"Use Transforms.Conversion.MapValueToKey(\"{Label}\")."),
            LabelKind.Keys => (label.IsKey && !isScalar && label.ItemType == NumberDataViewType.UInt32, "a vector of keys of UInt32, one a "
                + "word", $"Use Transforms.Conversion.MapValueToKey(\"{Label}\") on a vector of the words' labels."),
            LabelKind.Boolean => (!label.IsKey && isScalar && label.ItemType == BooleanDataViewType.Instance, "a Boolean",
                $"Use Transforms.Conversion.ConvertType(\"{Label}\", outputKind: DataKind.Boolean), or MapValue for text, after "
                    + $"dropping rows whose value is unknown."),
            LabelKind.Number
                => (!label.IsKey
                        && label.Kind != SchemaShape.Column.VectorKind.VariableVector
                        && label.ItemType == NumberDataViewType.Single,
                    "a Single, or a vector of Single of known size",
                $"Use Transforms.Conversion.ConvertType(\"{Label}\"), or Transforms.Concatenate for several targets."),
            _ => throw UnknownValue.Of(LabelKind),
        };
        if (!fits)
        {
            throw Refused(nameof(label), $"The label column '{Label}'{Of} holds {label.GetTypeString()}; it must hold {wanted}.", remedy);
        }
    }

    private SchemaShape.Column Find(SchemaShape shape, string name, string role, string option)
    {
        if (shape.TryFindColumn(name, out SchemaShape.Column column))
        {
            return column;
        }

        string others = string.Join(", ", shape.Select(other => other.Name));
        throw AreOfValidation
            ? Refused(nameof(shape), $"The validation set has no {role} column '{name}', which the training set has; it has {others}.", "")
            : Refused(
                nameof(shape),
                $"There is no {role} column '{name}'; there are {others}.",
                $"Set {option}, or add a step that makes the column.");
    }

    private void CheckPlaces(SchemaShape shape, string name)
    {
        if (!shape.TryFindColumn(name, out SchemaShape.Column places)
            || places.Kind == SchemaShape.Column.VectorKind.Scalar
            || places.ItemType != NumberDataViewType.Int32)
        {
            throw Refused(nameof(shape), $"There is a column '{Features}'{Of}, but no column '{name}', a vector of Int32, beside it, which "
                + $"says where the words' tokens begin.", $"Drop '{Features}', so that the trainer makes both of the words.");
        }
    }

    private void CheckWeight(SchemaShape.Column weight)
    {
        if (weight.Kind != SchemaShape.Column.VectorKind.Scalar || weight.ItemType != NumberDataViewType.Single || weight.IsKey)
        {
            throw Refused(
                nameof(weight),
                $"The weight column '{Weight}'{Of} holds {weight.GetTypeString()}; it must hold a Single.",
                "Use Transforms.Conversion.ConvertType.");
        }
    }

    private ArgumentOutOfRangeException Refused(string argument, string what, string remedy)
        => new(argument, $"{what} "
            + $"{(AreOfValidation ? "Transform the validation set with the same fitted transformers as the training set." : remedy)}");
}
