using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Words of scored rows as rows of their own, so that ML.NET's evaluator of classes measures them.</summary>
internal sealed class LabelledWords
{
    private readonly IDataView _scored;
    private readonly string _label;
    private readonly int _classes;

    /// <summary>Takes scored rows.</summary>
    /// <param name="scored">Rows with label, prediction and scores, each a vector.</param>
    /// <param name="label">The label's column.</param>
    /// <param name="classes">Classes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The label's column is missing, or holds other keys.</exception>
    public LabelledWords(IDataView scored, string label, int classes)
    {
        DataViewType? type = scored.Schema.GetColumnOrNull(label)?.Type;
        if (type is not VectorDataViewType { ItemType: KeyDataViewType key } || key.Count != (ulong)classes)
        {
            throw new ArgumentOutOfRangeException(nameof(scored), $"The label column '{label}' holds {type?.ToString() ?? "nothing"}; it "
                + $"must hold a vector of keys of {classes} classes, as in training. Apply the fitted transformers of the training.");
        }

        (_scored, _label, _classes) = (scored, label, classes);
    }

    /// <summary>Words with a label that are beyond the tokens of their rows, and so were not scored.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Words with a label that were scored, as they were read last.</summary>
    public long Scored { get; private set; }

    /// <summary>The words with a label that were scored.</summary>
    /// <param name="ml">Makes the view.</param>
    public IDataView View(MLContext ml)
    {
        var schema = SchemaDefinition.Create(typeof(Word));
        var key = new KeyDataViewType(typeof(uint), _classes);
        schema[nameof(Word.Label)].ColumnType = key;
        schema[nameof(Word.PredictedLabel)].ColumnType = key;
        schema[nameof(Word.Score)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, _classes);
        return ml.Data.LoadFromEnumerable(Read(), schema);
    }

    /// <exception cref="InvalidOperationException">A row has more labels than words, or fewer.</exception>
    private IEnumerable<Word> Read()
    {
        (LeftOut, Scored) = (0, 0);
        DataViewSchema.Column labels = _scored.Schema[_label], predictions = _scored.Schema[DefaultColumnNames.PredictedLabel];
        DataViewSchema.Column scores = _scored.Schema[DefaultColumnNames.Score];
        using DataViewRowCursor cursor = _scored.GetRowCursor([labels, predictions, scores]);
        ValueGetter<VBuffer<uint>> getLabels = cursor.GetGetter<VBuffer<uint>>(labels);
        ValueGetter<VBuffer<uint>> getPredictions = cursor.GetGetter<VBuffer<uint>>(predictions);
        ValueGetter<VBuffer<float>> getScores = cursor.GetGetter<VBuffer<float>>(scores);
        VBuffer<uint> label = default, prediction = default;
        VBuffer<float> score = default;
        while (cursor.MoveNext())
        {
            getLabels(ref label);
            getPredictions(ref prediction);
            getScores(ref score);
            if (label.Length != prediction.Length)
            {
                throw new InvalidOperationException($"Row {cursor.Position} (counted from 0), column '{_label}', holds {label.Length} "
                    + $"labels of {prediction.Length} words; each word must have one, or the key 0 for missing.");
            }

            uint[] right = [.. label.DenseValues()], predicted = [.. prediction.DenseValues()];
            float[] all = [.. score.DenseValues()];
            for (int word = 0; word < right.Length; word++)
            {
                if (right[word] != 0 && predicted[word] == 0)
                {
                    LeftOut++;
                }
                else if (right[word] != 0)
                {
                    Scored++;
                    yield return new Word
                    {
                        Label = right[word] - 1,
                        PredictedLabel = predicted[word] - 1,
                        Score = all[(word * _classes)..((word + 1) * _classes)],
                    };
                }
            }
        }
    }

    /// <summary>A word; ML.NET counts keys of an enumerable's items from 0, and those of views from 1.</summary>
    private sealed class Word
    {
        public uint Label { get; set; }

        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}
