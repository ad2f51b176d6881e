using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Finds keys with far more classes than the rows have: each takes memory and time as if it occurred.</summary>
internal static class UnusedClasses
{
    private const double MiB = 1 << 20;

    /// <summary>MiB that the classes without rows take, from which on they are worth a word.</summary>
    private const double Noticeable = 64;

    /// <summary>
    /// A sentence or two where at least half of the classes have no rows and cost something. Of each: Float32 weights, gradients and two
    /// moments of the last layer, and for each
    /// row of a batch a score and its gradient.
    /// </summary>
    /// <param name="columns">The columns.</param>
    /// <param name="rowsOfClass">Rows of each class.</param>
    /// <param name="inputs">Inputs of the last layer.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    public static string? Advice(LabelledColumns columns, IReadOnlyList<long> rowsOfClass, int inputs, int batchRows)
    {
        if (columns.LabelKind != LabelKind.Key)
        {
            return null;
        }

        int used = rowsOfClass.Count(rows => rows > 0);
        double bytes = (double)(columns.Outputs - used) * sizeof(float) * ((4L * (inputs + 1L)) + (2L * batchRows));
        return used * 2L <= columns.Outputs && bytes >= Noticeable * MiB
            ? string.Create(CultureInfo.InvariantCulture, $"The key of the label column '{columns.Label.Name}' has {columns.Outputs} "
                + $"classes, of which {used} occur in the training set: the others take about {bytes / MiB:N0} MiB and nearly all of the "
                + $"time, since the network has an output for each. Make the key by Transforms.Conversion.MapValueToKey, fitted on the "
                + $"training rows, instead of by a hash or a fixed count.")
            : null;
    }
}
