using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Names the slots of multiclass scores by the label's values where these are not text. ML.NET's own scorer does so for text alone: with a
/// label of numbers no slot name says which probability is whose. Numbers are written in the invariant culture.
/// </summary>
internal static class ClassSlotNames
{
    /// <summary>A mapper whose score has slot names; the same one where ML.NET will name them, or where nothing names the keys.</summary>
    /// <param name="env">The context.</param>
    /// <param name="mapper">Makes the scores.</param>
    /// <param name="label">The label's column in training.</param>
    public static ISchemaBoundMapper Put(IHostEnvironment env, ISchemaBoundMapper mapper, DataViewSchema.Column label)
    {
        DataViewType? values = label.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type;
        if (values is not VectorDataViewType { ItemType: not TextDataViewType } || KeyValues.TextsOf(label) is not { } texts)
        {
            return mapper;
        }

        var type = new VectorDataViewType(TextDataViewType.Instance, texts.Length);
        var names = new VBuffer<ReadOnlyMemory<char>>(texts.Length, Array.ConvertAll(texts, text => text.AsMemory()));
        ValueGetter<VBuffer<ReadOnlyMemory<char>>> getNames = (ref VBuffer<ReadOnlyMemory<char>> value) => names.CopyTo(ref value);
        Func<ISchemaBoundMapper, DataViewType, bool> canName = MulticlassClassificationScorer.CanWrapSlotNames;
        return canName(mapper, type)
            ? MulticlassClassificationScorer.LabelNameBindableMapper.CreateBound<ReadOnlyMemory<char>>(
                env, (ISchemaBoundRowMapper)mapper, type, getNames, AnnotationUtils.Kinds.SlotNames, canName)
            : mapper;
    }

    /// <summary>The annotations of the score before training.</summary>
    /// <param name="label">The label.</param>
    public static SchemaShape AnnotationsOfScore(SchemaShape.Column label)
    {
        IEnumerable<SchemaShape.Column> annotations = AnnotationUtils.AnnotationsForMulticlassScoreColumn(label);
        bool isNamed = label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values)
            && values.ItemType is not TextDataViewType;
        return new SchemaShape(isNamed ? annotations.Append(SlotNames) : annotations);
    }

    private static SchemaShape.Column SlotNames
        => new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, isKey: false);
}
