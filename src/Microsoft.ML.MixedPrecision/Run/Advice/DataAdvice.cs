using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>What rows let foresee before the first step: features far from the scale that starting weights and learning rates are made for,
/// and numbers to predict that are all the same.</summary>
internal static class DataAdvice
{
    /// <summary>Root mean square above which a feature is far from a scale of 1: starting outputs are so many times too large. Grey values
    /// from 0 to 16, say, or ages stay below.</summary>
    private const double LargestSize = 100;

    /// <summary>The same where no feature is above it: all outputs start, and stay for long, near 0. (One feature may be so small: a rare
    /// category.)</summary>
    private const double SmallestSize = 1e-3;

    private const int SampledRows = 1024;

    private const int SampledNumbers = 1 << 22;

    private const int MostSlots = 8;

    /// <summary>The sentences, each with the remedy.</summary>
    /// <param name="store">The rows, as the network reads them.</param>
    /// <param name="order">Which of them train.</param>
    /// <param name="loss">What training makes small.</param>
    /// <param name="isScaled">Whether the network scales its features, and the rows are scaled so: as the rows that it was learnt
    /// from.</param>
    /// <param name="categories">Columns of the rows that are numbers of categories, which have no scale.</param>
    public static IEnumerable<string> Of(
        RowStore store, RowOrder order, Loss loss, bool isScaled = false, (int First, int Count) categories = default)
    {
        int[] rows = Counted(store, order.Train);
        double[] sizes = Sizes(store, rows);
        sizes.AsSpan(categories.First, categories.Count).Clear();
        return [.. OfFeatures(sizes, isScaled), .. loss.CountsCorrect ? [] : OfLabels(store, rows)];
    }

    /// <summary>Features that are far from a scale of 1.</summary>
    /// <param name="sizes">Root mean square of each feature.</param>
    /// <param name="isScaled">Whether FeatureScaling has made them what they are.</param>
    internal static IEnumerable<string> OfFeatures(double[] sizes, bool isScaled = false)
    {
        int[] large = [
            .. Enumerable.Range(0, sizes.Length).Where(slot => sizes[slot] > LargestSize).OrderByDescending(slot => sizes[slot])];
        double largest = sizes.Length == 0 ? 0 : sizes.Max();
        string remedy = isScaled
            ? "FeatureScaling scales them by what it learnt from other rows, those of the previous model, which these are not like: "
                + "train without the previous model, or give the features in the units that it was trained in."
            : "Networks start and learn at a scale of 1: leave FeatureScaling at Standard, or normalise the features, for example with "
                + "Transforms.NormalizeMeanVariance(\"Features\", fixZero: false).";
        if (large.Length > 0)
        {
            string slots = string.Join(
                ", ",
                large.Take(MostSlots).Select(slot => string.Create(CultureInfo.InvariantCulture, $"{slot} ({sizes[slot]:G3})")));
            yield return $"{large.Length} of {sizes.Length} features {(large.Length == 1 ? "is" : "are")} far from a scale of 1; slot "
                + $"(root mean square): {slots}{(large.Length > MostSlots ? ", …" : "")}. {remedy}";
        }
        else if (largest is > 0 and < SmallestSize)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"All features are far below a scale of 1: the largest root mean "
                + $"square is {largest:G3}. {remedy}");
        }
    }

    /// <summary>Rows of a weight above 0, all where there are none: nothing is learnt of the others, nor does scaling know them.</summary>
    private static int[] Counted(RowStore store, ReadOnlySpan<int> rows)
    {
        int[] all = rows.ToArray();
        int[] counted = store.HasWeights ? [.. all.Where(row => store.Weight(row) > 0)] : all;
        return counted.Length > 0 ? counted : all;
    }

    /// <summary>Targets of which all training rows have the same number.</summary>
    private static IEnumerable<string> OfLabels(RowStore store, ReadOnlySpan<int> rows)
    {
        int[] first = [.. store.Targets(rows[0])];
        bool[] isSame = new bool[first.Length];
        Array.Fill(isSame, rows.Length > 1);
        int left = isSame.Count(same => same);
        for (int i = 1; i < rows.Length && left > 0; i++)
        {
            ReadOnlySpan<int> targets = store.Targets(rows[i]);
            for (int target = 0; target < first.Length; target++)
            {
                if (isSame[target] && targets[target] != first[target])
                {
                    isSame[target] = false;
                    left--;
                }
            }
        }

        int[] constant = [.. Enumerable.Range(0, first.Length).Where(target => isSame[target])];
        string slots = string.Join(", ", constant.Take(MostSlots)) + (constant.Length > MostSlots ? ", …" : "");
        string what = first.Length == 1 ? "label" : $"number in target {slots} of the label";
        return constant.Length == 0 ? []
            : [$"All {rows.Length.ToString(CultureInfo.InvariantCulture)} rows that train have the same {what}: there is nothing to learn "
                + "of it, and its metrics (R²) mean nothing. Check the label column, and any filter before the trainer."];
    }

    /// <summary>Root mean square of each feature over at most 1,024 rows, spread evenly; none where rows are no table.</summary>
    private static unsafe double[] Sizes(RowStore store, ReadOnlySpan<int> rows)
    {
        if (store.Features == 0)
        {
            return [];
        }

        int count = Math.Min(rows.Length, Math.Clamp(SampledNumbers / store.Features, 1, SampledRows));
        int[] sample = new int[count];
        for (int i = 0; i < count; i++)
        {
            sample[i] = rows[(int)((long)i * rows.Length / count)];
        }

        int pitch = Tensor.PitchOf(store.Features, NumericFormat.Float32);
        using DeviceMemory memory = store.Device.Allocate((long)pitch * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, 1, store.Features, pitch);
        int column = store.Schema.IndexOf(RowSchema.Features);
        double[] values = new double[store.Features], squares = new double[store.Features];
        foreach (int row in sample)
        {
            store.Gather([row], [new RowDestination(column, x)]);
            TensorPrimitives.ConvertTruncating<float, double>(new ReadOnlySpan<float>(x.Row(0), store.Features), values);
            TensorPrimitives.MultiplyAdd<double>(values, values, squares, squares);
        }

        return [.. squares.Select(sum => Math.Sqrt(sum / count))];
    }
}
