using System.Numerics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Adds up, batch by batch, how far two ways to compute the same outputs are apart.</summary>
internal sealed class OutputDifferences
{
    private readonly Dictionary<int, (double Sum, long Count)> _magnitudes = [];
    private double _largest;
    private double _largestRelative;
    private double _sum;
    private long _numbers;
    private long _labelRows;
    private long _agreeing;

    /// <summary>Adds a batch.</summary>
    /// <param name="outputs">The outputs.</param>
    /// <param name="expected">One tensor for each of them.</param>
    /// <param name="actual">One tensor for each of them.</param>
    /// <param name="rows">Rows of the batch.</param>
    public void Add(IReadOnlyList<PipelineOutput> outputs, IReadOnlyList<OrtValue> expected, IReadOnlyList<OrtValue> actual, int rows)
    {
        var agree = new bool[rows];
        Array.Fill(agree, true);
        for (int i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].IsLabel)
            {
                CompareLabels(expected[i], actual[i], agree);
            }
            else if (expected[i].GetTensorTypeAndShape().ElementDataType == TensorElementType.Double)
            {
                CompareNumbers(i, expected[i].GetTensorDataAsSpan<double>(), actual[i].GetTensorDataAsSpan<double>());
            }
            else
            {
                CompareNumbers(i, OrtFloat16.Widen(expected[i]), OrtFloat16.Widen(actual[i]));
            }
        }

        if (outputs.Any(output => output.IsLabel))
        {
            _labelRows += rows;
            _agreeing += agree.Count(same => same);
        }
    }

    /// <summary>The differences of all batches.</summary>
    public OnnxComparison Result()
        => new(
            _numbers == 0 ? null : _largest,
            _numbers == 0 ? null : _sum / _numbers,
            _labelRows == 0 ? null : (double)_agreeing / _labelRows)
        { LargestRelative = _largestRelative };

    private void CompareNumbers<T>(int output, ReadOnlySpan<T> expected, ReadOnlySpan<T> actual)
        where T : IFloatingPoint<T>
    {
        double mean = MeanMagnitude(output, expected);
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Difference(double.CreateChecked(expected[i]), double.CreateChecked(actual[i]));
            _largest = Math.Max(_largest, difference);
            if (difference > 0)
            {
                _largestRelative = Math.Max(_largestRelative, Relative(difference, Math.Abs(double.CreateChecked(expected[i])) + mean));
            }

            _sum += difference;
        }

        _numbers += expected.Length;
    }

    /// <summary>The mean magnitude of an output's finite numbers, those of this batch among them: rounding is as large as what is added up,
    /// not as what comes out.</summary>
    private double MeanMagnitude<T>(int output, ReadOnlySpan<T> values)
        where T : IFloatingPoint<T>
    {
        var (sum, count) = _magnitudes.GetValueOrDefault(output);
        foreach (var value in values)
        {
            if (T.IsFinite(value))
            {
                (sum, count) = (sum + Math.Abs(double.CreateChecked(value)), count + 1);
            }
        }

        _magnitudes[output] = (sum, count);
        return sum / Math.Max(1, count);
    }

    /// <summary>A difference against a magnitude; infinity where that is not a number or 0.</summary>
    private static double Relative(double difference, double magnitude)
        => difference / magnitude is var relative && double.IsNaN(relative) ? double.PositiveInfinity : relative;

    /// <summary>|a − b|; 0 for two NaNs or equal infinities, infinity where only one is NaN.</summary>
    private static double Difference(double expected, double actual)
    {
        if (expected.Equals(actual))
        {
            return 0;
        }

        double difference = Math.Abs(expected - actual);
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }

    private static void CompareLabels(OrtValue expected, OrtValue actual, bool[] agree)
    {
        if (expected.GetTensorTypeAndShape().ElementDataType == TensorElementType.String)
        {
            CompareRows<string>(expected.GetStringTensorAsArray(), actual.GetStringTensorAsArray(), agree);
        }
        else
        {
            CompareRows<byte>(expected.GetTensorMutableRawData(), actual.GetTensorMutableRawData(), agree);
        }
    }

    private static void CompareRows<T>(ReadOnlySpan<T> expected, ReadOnlySpan<T> actual, bool[] agree)
        where T : IEquatable<T>
    {
        int width = expected.Length / agree.Length;
        for (int row = 0; row < agree.Length; row++)
        {
            agree[row] &= expected.Slice(row * width, width).SequenceEqual(actual.Slice(row * width, width));
        }
    }
}
