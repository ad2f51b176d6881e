using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What a model of any task says of each row, so that results compare whatever the task.</summary>
internal static class ScoredRows
{
    /// <summary>All results of each row as numbers: label, score, probability, as far as there are.</summary>
    public static float[][] Of(IDataView scored)
    {
        float[][] labels = OfColumn(scored, "PredictedLabel"),
        scores = OfColumn(scored, "Score"),
        probabilities = OfColumn(scored, "Probability");
        return [.. scores.Select((score, i) => (float[])[.. At(labels, i), .. score, .. At(probabilities, i)])];
    }

    /// <summary>The bits of <see cref="Of"/>, row after row.</summary>
    public static uint[] BitsOf(IDataView scored) => BitsOf(Of(scored));

    /// <summary>The bits of rows.</summary>
    public static uint[] BitsOf(float[][] rows) => [.. rows.SelectMany(Scores.BitsOf)];

    /// <summary>The column <c>Score</c>, single numbers as vectors of one.</summary>
    public static float[][] ScoresOf(IDataView scored) => OfColumn(scored, "Score");

    /// <summary>A line for each row as LoaderApp prints it.</summary>
    public static string[] Lines(IDataView scored)
    {
        string[]? labels = scored.Schema.GetColumnOrNull("PredictedKind") is not null ? [.. scored.GetColumn<string>("PredictedKind")]
            : scored.Schema.GetColumnOrNull("PredictedLabel") is not null
            ? [.. scored.GetColumn<bool>("PredictedLabel").Select(label => label.ToString(CultureInfo.InvariantCulture))]
            : null;
        float[][] scores = OfColumn(scored, "Score"), probabilities = OfColumn(scored, "Probability");
        return [.. scores.Select((score, i) => string.Join(
            ' ',
            (labels is null ? [] : new[] { labels[i] }).Concat(
                score.Concat(At(probabilities, i)).Select(value => $"{BitConverter.SingleToUInt32Bits(value):X8}"))))];
    }

    private static float[] At(float[][] column, int row) => column.Length == 0 ? [] : column[row];

    private static float[][] OfColumn(IDataView view, string name) => view.Schema.GetColumnOrNull(name)?.Type switch
    {
        null => [],
        VectorDataViewType => [.. view.GetColumn<float[]>(name)],
        KeyDataViewType => [.. view.GetColumn<uint>(name).Select(value => (float[])[value])],
        BooleanDataViewType => [.. view.GetColumn<bool>(name).Select(value => (float[])[value ? 1 : 0])],
        _ => [.. view.GetColumn<float>(name).Select(value => (float[])[value])],
    };
}
