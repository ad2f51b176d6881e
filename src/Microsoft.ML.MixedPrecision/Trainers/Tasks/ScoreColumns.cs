using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The scores of a cursor's current row.</summary>
internal delegate ReadOnlySpan<float> RowScores();

/// <summary>The columns that a transformer adds, as functions of a row's scores.</summary>
internal abstract class ScoreColumns
{
    /// <summary>A getter of a column.</summary>
    /// <param name="column">Its name.</param>
    /// <param name="scores">The current row's scores.</param>
    /// <param name="row">The current row, <see cref="Beside"/> being active.</param>
    /// <returns>A <c>ValueGetter</c> of the column's type.</returns>
    public abstract Delegate Getter(string column, RowScores scores, DataViewRow row);

    /// <summary>A column of the source that getters read besides; null for none.</summary>
    public virtual string? Beside => null;

    /// <summary>Writes the columns to ONNX, as the scorer does.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="scorer">ML.NET's view.</param>
    /// <param name="features">The column of features.</param>
    public virtual void SaveAsOnnx(OnnxContext context, ISaveAsOnnx scorer, string features) => scorer.SaveAsOnnx(context);

    /// <summary>Copies scores into a vector.</summary>
    public static void Copy(ReadOnlySpan<float> scores, ref VBuffer<float> value)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, scores.Length);
        scores.CopyTo(editor.Values);
        value = editor.Commit();
    }

    /// <summary>All scores as a vector.</summary>
    protected static ValueGetter<VBuffer<float>> Vector(RowScores scores) => (ref VBuffer<float> value) => Copy(scores(), ref value);

    /// <summary>The only score.</summary>
    protected static ValueGetter<float> Scalar(RowScores scores) => (ref float value) => value = scores()[0];
}

/// <summary><c>Score</c>: the probabilities; <c>PredictedLabel</c>: key of the largest, the first of equals, and 0, missing, if all are
/// NaN, as ML.NET's scorer has it.</summary>
internal sealed class MulticlassColumns : ScoreColumns
{
    /// <inheritdoc/>
    public override Delegate Getter(string column, RowScores scores, DataViewRow row) => column == DefaultColumnNames.Score
        ? Vector(scores)
        : (ValueGetter<uint>)((ref uint value) => value = (uint)(MathUtils.ArgMax(scores()) + 1));
}

/// <summary><c>Score</c>: the logit; <c>Probability</c>; <c>PredictedLabel</c>: whether the score is above the threshold, as ML.NET's
/// scorer has it.</summary>
/// <param name="model">The model.</param>
/// <param name="threshold">Threshold of the score.</param>
internal sealed class BinaryColumns(ISingleCanSaveOnnx model, float threshold) : ScoreColumns
{
    /// <inheritdoc/>
    public override Delegate Getter(string column, RowScores scores, DataViewRow row) => column switch
    {
        DefaultColumnNames.Score => Scalar(scores),
        DefaultColumnNames.Probability => (ValueGetter<float>)(
            (ref float value) => value = NetworkBinaryModelParameters.Probability(scores()[0])),
        _ => (ValueGetter<bool>)((ref bool value) => value = scores()[0] > threshold),
    };

    /// <inheritdoc/>
    public override void SaveAsOnnx(OnnxContext context, ISaveAsOnnx scorer, string features)
        => BinaryScoresOnnx.Write(context, model, features, threshold);
}

/// <summary><c>Score</c>: the estimates.</summary>
/// <param name="isVector">Whether the label was a vector.</param>
internal sealed class RegressionColumns(bool isVector) : ScoreColumns
{
    /// <inheritdoc/>
    public override Delegate Getter(string column, RowScores scores, DataViewRow row) => isVector ? Vector(scores) : Scalar(scores);
}
