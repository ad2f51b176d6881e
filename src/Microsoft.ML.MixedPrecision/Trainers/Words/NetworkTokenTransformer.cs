using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(NetworkTokenTransformer),
    null,
    typeof(SignatureLoadModel),
    "Neural network, tokens",
    NetworkTokenTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Gives each word of a row a class with a trained network. Adds the columns <c>PredictedLabel</c> (a vector of keys like the label's, one
/// a word) and <c>Score</c> (a vector of Single, words × classes: of each word the probability of each class, word behind word). A word
/// beyond <c>MaxTokens</c> has the missing key and NaN. A row without words has empty vectors.
/// </summary>
/// <inheritdoc/>
public sealed class NetworkTokenTransformer : NetworkTransformer<NetworkTokenModelParameters>
{
    internal const string LoaderSignature = "MixedPrecisionTokenMc";
    private const string ModelSignature = "MPTOKENT";

    private readonly string _placesColumn;
    private readonly string _labelColumn;

    internal NetworkTokenTransformer(
        IHostEnvironment env,
        NetworkTokenModelParameters model,
        DataViewSchema trainSchema,
        (string Features, string Places, string Label) columns)
        : base(env.Register(LoaderSignature), model, trainSchema, columns.Features)
    {
        (_placesColumn, _labelColumn) = (columns.Places, columns.Label);
        Columns = new TokenColumns(_placesColumn, Model.Classes);
        Scorer = CreateScorer();
    }

    private NetworkTokenTransformer(IHostEnvironment env, ModelLoadContext ctx)
        : base(env.Register(LoaderSignature), ctx)
    {
        _placesColumn = ctx.LoadNonEmptyString();
        _labelColumn = ctx.LoadNonEmptyString();
        CheckTrainSchema(
            _labelColumn,
            $"tells {Model.Classes} classes apart",
            type => type is VectorDataViewType { ItemType: KeyDataViewType key } && key.Count == (ulong)Model.Classes);
        if (TrainSchema.GetColumnOrNull(_placesColumn)?.Type is not VectorDataViewType { ItemType: NumberDataViewType })
        {
            throw new InvalidDataException($"The model file is damaged and cannot be loaded: there is no column '{_placesColumn}' among "
                + "those stored with it. Use an undamaged copy of the file, or save the model again.");
        }

        Columns = new TokenColumns(_placesColumn, Model.Classes);
        Scorer = CreateScorer();
    }

    private protected override ScoreColumns Columns { get; }

    /// <summary>Measures predictions of words with ML.NET's own evaluator of classes: accuracy, log-loss, confusion matrix, precision and
    /// recall of each class, over all words that have a label.</summary>
    /// <param name="data">Rows as those of training, before this transformer.</param>
    /// <returns>The figures. Words beyond <c>MaxTokens</c> are left out of them, and a warning says how many they are.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidOperationException">A row has more labels than words, or fewer; or no word has a label.</exception>
    public MulticlassClassificationMetrics Evaluate(IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var words = new LabelledWords(Transform(data), _labelColumn, Model.Classes);
        var ml = new MLContext();
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(words.View(ml));
        if (words.Scored == 0)
        {
            throw new InvalidOperationException($"No word has a label and a prediction: {words.LeftOut} words have a label and are beyond "
                + $"MaxTokens. Give rows with labels in the column '{_labelColumn}'.");
        }

        if (words.LeftOut > 0)
        {
            Network.Warn($"{words.LeftOut} words with a label were left out of the evaluation: they are beyond MaxTokens, and have no "
                + "prediction.");
        }

        return metrics;
    }

    internal static NetworkTokenTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Newest(ModelSignature, LoaderSignature));
        TrainSchemaEntry.Check(ctx);
        return Loaded(() => new NetworkTokenTransformer(env, ctx));
    }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Saved(ModelSignature, LoaderSignature));
        base.SaveCore(ctx);
        ctx.SaveNonEmptyString(_placesColumn);
        ctx.SaveNonEmptyString(_labelColumn);
    }

    private GenericScorer CreateScorer()
    {
        var schema = new RoleMappedSchema(
            TrainSchema, [RoleMappedSchema.ColumnRole.Feature.Bind(FeatureColumnName), TokenMapper.Places.Bind(_placesColumn)]);
        var mapper = new TokenMapper(Network, Columns, TrainSchema[_labelColumn]);
        return new GenericScorer(
            Host, new GenericScorer.Arguments(), new EmptyDataView(Host, TrainSchema), mapper.Bind(Host, schema), schema);
    }
}
