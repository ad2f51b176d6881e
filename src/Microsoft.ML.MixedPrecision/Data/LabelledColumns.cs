using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>The columns of a data set that play <see cref="ColumnRoles"/>, with the sizes that a network is built from.</summary>
internal sealed class LabelledColumns
{
    /// <summary>Finds the columns.</summary>
    /// <param name="schema">Columns of the data.</param>
    /// <param name="roles">What they are called.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, of another type, or a key of no known number of
    /// classes.</exception>
    public LabelledColumns(DataViewSchema schema, ColumnRoles roles)
    {
        roles.Check(SchemaShape.Create(schema));
        Features = schema[roles.Features];
        Label = schema[roles.Label];
        Weight = roles.Weight is null ? null : schema[roles.Weight];
        FeatureCount = ((VectorDataViewType)Features.Type).Size;
        Categories = CategoryLevels.Of(Features, FeatureCount);
        Places = roles.Places is null ? null : schema[roles.Places];
        LabelKind = roles.LabelKind;
        Outputs = LabelKind switch
        {
            LabelKind.Key or LabelKind.Keys => ClassesOf(Label),
            LabelKind.Boolean => 1,
            LabelKind.Number => (Label.Type as VectorDataViewType)?.Size ?? 1,
            _ => throw UnknownValue.Of(LabelKind),
        };
    }

    /// <summary>The vector of features.</summary>
    public DataViewSchema.Column Features { get; }

    /// <summary>What is to be predicted.</summary>
    public DataViewSchema.Column Label { get; }

    /// <summary>The weight; null if all rows weigh the same.</summary>
    public DataViewSchema.Column? Weight { get; }

    /// <summary>Where each word's first token is; null where labels are of whole rows.</summary>
    public DataViewSchema.Column? Places { get; }

    /// <summary>Features of a row.</summary>
    public int FeatureCount { get; }

    /// <summary>Levels of the categories that the last features are; none for most.</summary>
    public IReadOnlyList<int> Categories { get; }

    /// <summary>Of which type the label is.</summary>
    public LabelKind LabelKind { get; }

    /// <summary>Outputs of a network for this label: the classes that a key can take, else the numbers of a label.</summary>
    public int Outputs { get; }

    private bool HasKeys => LabelKind is LabelKind.Key or LabelKind.Keys;

    private string OutputWord => HasKeys ? "classes" : "targets";

    /// <summary>All of them.</summary>
    public IEnumerable<DataViewSchema.Column> All
        => new[] { Features, Label, Weight, Places }.OfType<DataViewSchema.Column>();

    /// <summary>Whether the label can take two values or more, or is a number.</summary>
    public bool HasSeveralClasses => !HasKeys || Outputs > 1;

    /// <summary>
    /// Checks that there are two classes. To be called after the rows have been read: a key that was fitted on no rows, or on rows without
    /// a label,
    /// has one class too, and it is the reader that says so.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The key has one.</exception>
    public void CheckClasses()
    {
        if (!HasSeveralClasses)
        {
            throw new ArgumentOutOfRangeException(nameof(Label), $"The label column '{Label.Name}' has a key of 1 class; there must be "
                + $"2 to {int.MaxValue}. Train on data with at least two classes.");
        }
    }

    /// <summary>Checks that validation rows fit rows to train on.</summary>
    /// <param name="validation">The columns of the validation rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">Other sizes, or keys that stand for other classes.</exception>
    public void CheckValidation(LabelledColumns validation)
    {
        if (validation.FeatureCount != FeatureCount || validation.Outputs != Outputs)
        {
            throw new ArgumentOutOfRangeException(
                nameof(validation),
                $"The validation set has {validation.FeatureCount} features ('{Features.Name}') and {validation.Outputs} {OutputWord} "
                    + $"('{Label.Name}'), the training set {FeatureCount} and {Outputs}. Transform both with the same fitted "
                        + $"transformers.");
        }

        int different = !HasKeys ? -1 : KeyValues.FirstDifference(Label, validation.Label);
        if (different >= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(validation),
                $"In the label column '{Label.Name}' {validation.NameOfClass(different)} of the validation set is not the class that "
                    + $"it is in the training set, {NameOfClass(different)}. Transform both with the same fitted transformers; a second "
                    + $"MapValueToKey numbers the classes anew.");
        }
    }

    /// <summary>What to call a feature in a message: its slot's name where there is one, and its position.</summary>
    /// <param name="slot">Position in the vector, from 0.</param>
    public string NameOfSlot(int slot) => SlotNames.Of(Features, slot);

    /// <summary>What to call a class in a message: its value where that is text, and its key.</summary>
    /// <param name="label">The class, from 0.</param>
    public string NameOfClass(int label)
    {
        if (LabelKind == LabelKind.Boolean)
        {
            return label == 0 ? "false" : "true";
        }

        DataViewSchema.Column? values = Label.Annotations.Schema.GetColumnOrNull("KeyValues");
        if (values?.Type is not VectorDataViewType { ItemType: TextDataViewType })
        {
            return $"key {label + 1}";
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        Label.GetKeyValues(ref names);
        return $"key {label + 1} ('{names.GetItemOrDefault(label)}')";
    }

    /// <summary>What each key stands for, as text; its number, from 1, where the column does not say.</summary>
    public string[] ClassTexts()
    {
        string?[]? texts = KeyValues.TextsOf(Label);
        return [
            .. Enumerable.Range(0, Outputs).Select(
                label => texts is not null && label < texts.Length && texts[label] is { } text
                    ? text
                    : (label + 1).ToString(CultureInfo.InvariantCulture))];
    }

    private static int ClassesOf(DataViewSchema.Column label)
    {
        ulong count = ((KeyDataViewType)label.Type.GetItemType()).Count;
        return count is >= 1 and <= int.MaxValue
            ? (int)count
            : throw new ArgumentOutOfRangeException(nameof(label), $"The label column '{label.Name}' has a key of {count} classes; "
                + $"there must be 2 to {int.MaxValue}. Map the label with Transforms.Conversion.MapValueToKey.");
    }
}
