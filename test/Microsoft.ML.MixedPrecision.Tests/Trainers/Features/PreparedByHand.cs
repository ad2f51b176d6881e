using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What robust scaling, standardising and the filling of gaps make of rows, computed plainly: statistics in double precision from
/// sorted values, then each operation rounded to Float32 as the documentation says.</summary>
internal static class PreparedByHand
{
    /// <summary>Prepares rows.</summary>
    /// <param name="rows">Features, NaN where one is missing.</param>
    /// <param name="counted">Numbers of the rows that are learned from.</param>
    /// <param name="scaling">How they are scaled.</param>
    /// <param name="missing">What is done with gaps.</param>
    public static float[][] Of(float[][] rows, int[] counted, FeatureScaling scaling, MissingValues missing)
    {
        int features = rows[0].Length;
        bool fills = missing == MissingValues.ImputeAndIndicate;
        int[] indicated = [.. Enumerable.Range(0, features).Where(j => fills && counted.Any(row => float.IsNaN(rows[row][j])))];
        float[][] prepared = [.. rows.Select(row => (float[])[.. row, .. indicated.Select(j => float.IsNaN(row[j]) ? 1f : 0)])];
        for (int j = 0; j < features; j++)
        {
            double[] values = [.. counted.Select(row => (double)rows[row][j]).Where(value => !double.IsNaN(value)).Order()];
            Func<float, float> scale = Scale(values, scaling);
            float median = values.Length == 0 ? 0 : (float)Quantile(values, 0.5);
            foreach (float[] row in prepared)
            {
                row[j] = scale(float.IsNaN(row[j]) && fills ? median : row[j]);
            }
        }

        return prepared;
    }

    /// <summary>Rows of as many features as these have.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="task">Makes the label.</param>
    /// <param name="rows">The samples.</param>
    /// <param name="features">Their features.</param>
    public static IDataView Data(MLContext ml, TrainerCase task, Sample[] rows, float[][] features)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Sample));
        schema[nameof(Sample.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        foreach ((Sample row, float[] its) in rows.Zip(features))
        {
            row.Features = its;
        }

        return task.Labelling(ml).Fit(ml.Data.LoadFromEnumerable(Sample.Rows(400))).Transform(ml.Data.LoadFromEnumerable(rows, schema));
    }

    /// <summary>Type 7.</summary>
    private static double Quantile(double[] ordered, double share)
    {
        double position = (ordered.Length - 1) * share;
        int below = (int)position;
        double low = ordered[below], high = ordered[Math.Min(below + 1, ordered.Length - 1)];
        return low + ((high - low) * (position - below));
    }

    private static Func<float, float> Scale(double[] values, FeatureScaling scaling)
    {
        if (scaling == FeatureScaling.None || values.Length == 0)
        {
            return x => scaling == FeatureScaling.Robust ? 0 : x;
        }

        if (scaling == FeatureScaling.Standard)
        {
            double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            bool varies = values[0] != values[^1];
            float shift = varies ? (float)mean : (float)values[0], factor = varies ? (float)(1 / deviation) : 1;
            return x => (x - shift) * factor;
        }

        double range = Quantile(values, 0.75) - Quantile(values, 0.25), whole = values[^1] - values[0];
        double inverse = range > 0 ? 1 / range : whole > 0 ? 2 / whole : 0;
        float median = (float)Quantile(values, 0.5), s = (float)inverse;
        return x =>
        {
            float z = inverse == 0 ? 0 : Math.Clamp((x - median) * s, -1048576f, 1048576f), third = z * (1 / 3f);
            return z / MathF.Sqrt((third * third) + 1);
        };
    }
}
