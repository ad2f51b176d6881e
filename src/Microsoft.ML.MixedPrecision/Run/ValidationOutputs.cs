using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>The network's outputs for the validation rows, and figures that need all of them at once.</summary>
/// <param name="store">The rows.</param>
/// <param name="rows">Which of them.</param>
/// <param name="columns">Outputs of a row.</param>
/// <param name="device">Where the outputs are.</param>
internal sealed class ValidationOutputs(RowStore store, int[] rows, int columns, Device device)
{
    private readonly float[] _outputs = new float[checked((long)rows.Length * columns)];
    private int _count;

    /// <summary>Takes the first rows of a batch's outputs.</summary>
    /// <param name="outputs">(at least count, columns), Float32, on the device.</param>
    /// <param name="count">How many.</param>
    public void Add(Tensor outputs, int count)
    {
        float[] padded = new float[count * outputs.Pitch];
        device.Read<float>(outputs.Address, padded);
        for (int row = 0; row < count; row++)
        {
            padded.AsSpan(row * outputs.Pitch, columns).CopyTo(_outputs.AsSpan((_count + row) * columns));
        }

        _count += count;
    }

    /// <summary>Area under the curve of a class against the others, the mean over all classes that some of the rows have and some have
    /// not; of two classes in one output that of the larger.</summary>
    /// <param name="kind">Whether targets are classes or, for one output, numbers of which more than ½ is yes.</param>
    public double Auc(TargetKind kind)
    {
        if (kind != TargetKind.Class)
        {
            return AreaUnderCurve.Of(
                Array.ConvertAll(_outputs, output => (double)output),
                Array.ConvertAll(rows, row => MemoryMarshal.Cast<int, float>(store.Targets(row))[0] > 0.5f));
        }

        double[] sums = LogSums(), scores = new double[rows.Length];
        bool[] isPositive = new bool[rows.Length];
        (double sum, int count) = (0, 0);
        for (int label = 0; label < columns; label++)
        {
            for (int row = 0; row < rows.Length; row++)
            {
                (scores[row], isPositive[row]) = (_outputs[(row * columns) + label] - sums[row], store.Targets(rows[row])[0] == label);
            }

            double area = AreaUnderCurve.Of(scores, isPositive);
            (sum, count) = isPositive.Contains(true) && isPositive.Contains(false) ? (sum + area, count + 1) : (sum, count);
        }

        return sum / count;
    }

    /// <summary>√(Σ(x − y)² ÷ numbers).</summary>
    public double Rmse()
    {
        double squares = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            ReadOnlySpan<float> targets = MemoryMarshal.Cast<int, float>(store.Targets(rows[row]));
            for (int column = 0; column < columns; column++)
            {
                double difference = (double)_outputs[(row * columns) + column] - targets[column];
                squares += difference * difference;
            }
        }

        return Math.Sqrt(squares / _outputs.Length);
    }

    /// <summary>ln Σeˣ of each row, which its outputs are compared less: rows are compared by the share of a class, not by its output,
    /// which may be shifted by any number; and by its logarithm, since shares near 1 are all the same number.</summary>
    private double[] LogSums()
    {
        double[] sums = new double[rows.Length];
        for (int row = 0; row < sums.Length; row++)
        {
            ReadOnlySpan<float> x = _outputs.AsSpan(row * columns, columns);
            double largest = System.Numerics.Tensors.TensorPrimitives.Max(x), sum = 0;
            foreach (float value in x)
            {
                sum += Math.Exp(value - largest);
            }

            sums[row] = largest + Math.Log(sum);
        }

        return sums;
    }
}
