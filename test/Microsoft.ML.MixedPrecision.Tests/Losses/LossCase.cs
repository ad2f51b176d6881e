using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>Random rows for a loss, what it made of them, and what it must be.</summary>
internal sealed unsafe class LossCase : IDisposable
{
    private static readonly double Epsilon = NumericFormat.Float32.Epsilon();

    private readonly LossRow _row;

    /// <summary>Outputs between −10 and 10, weights from 0 to 3.</summary>
    public LossCase(LossRow row, int rows, int outputs, NumericFormat gradientFormat, int seed = 1)
    {
        var random = new Random(seed);
        _row = row;
        Logits = TestTensor.Of(NumericFormat.Float32, rows, outputs, (_, _) => (random.NextDouble() * 20) - 10, extraPitch: 1);
        Gradient = new TestTensor(gradientFormat, rows, outputs, extraPitch: 1);
        Targets = new int[rows * row.Loss.TargetWords(outputs)];
        for (int i = 0; i < Targets.Length; i++)
        {
            Targets[i] = IsClass
                ? random.Next(outputs)
                : BitConverter.SingleToInt32Bits((float)row.Target(random, Logits[i / outputs, i % outputs]));
        }

        Weights = [.. Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble() * 3)];
        Loss = new float[rows];
    }

    public TestTensor Logits { get; }

    public TestTensor Gradient { get; }

    /// <summary>Words of 4 bytes.</summary>
    public int[] Targets { get; }

    public float[] Weights { get; }

    public float[] Loss { get; }

    /// <summary>Makes every third row a padded one: weight 0, an answer that does not count.</summary>
    public bool IsPadded
    {
        get;
        init
        {
            field = value;
            for (int row = 0; value && row < Weights.Length; row += 3)
            {
                Weights[row] = 0;
            }
        }
    }

    public double Sum { get; private set; }

    public int Correct { get; private set; }

    private bool IsClass => _row.Loss.TargetKind == TargetKind.Class;

    /// <summary>Sets a target that is a value.</summary>
    public void SetTarget(int row, int column, float value)
        => Targets[(row * Logits.Value.Columns) + column] = BitConverter.SingleToInt32Bits(value);

    /// <summary>Runs the table's loss, or another, on the CPU.</summary>
    public void Run(CpuDevice device, bool weighted, float divisor, float scale, Loss? loss = null)
    {
        double sum = double.NaN;
        int correct = -1;
        fixed (int* targets = Targets)
        fixed (float* weights = Weights)
        {
            (loss ?? _row.Loss).Run(device, new LossArguments
            {
                Logits = Logits,
                Targets = targets,
                Weights = weighted ? weights : null,
                LossSum = &sum,
                Correct = &correct,
                IsPadded = IsPadded,
                Divisor = divisor,
                Scale = scale,
                Gradient = Gradient,
            });
        }

        (Sum, Correct) = (sum, correct);
        RunRows(device, loss ?? _row.Loss);
    }

    /// <summary>Each row alone, without weight: its loss.</summary>
    private void RunRows(CpuDevice device, Loss loss)
    {
        int words = loss.TargetWords(Logits.Value.Columns);
        double sum;
        fixed (int* targets = Targets)
        {
            for (int row = 0; row < Loss.Length; row++)
            {
                loss.Run(device, new LossArguments { Logits = RowOf(row), Targets = targets + (row * words), LossSum = &sum });
                Loss[row] = (float)sum;
            }
        }
    }

    private Tensor RowOf(int row) => Logits.Value with { Address = (nint)Logits.Value.Row(row), Rows = 1 };

    public double[] X(int row) => [.. Enumerable.Range(0, Logits.Value.Columns).Select(column => Logits[row, column])];

    public double[] Y(int row)
    {
        int words = _row.Loss.TargetWords(Logits.Value.Columns);
        return [
            .. Targets.AsSpan(row * words, words).ToArray().Select(word => IsClass ? word : (double)BitConverter.Int32BitsToSingle(word))];
    }

    /// <summary>ℓ of a row, from the formula.</summary>
    public double ExpectedLoss(int row) => _row.RowLoss(X(row), Y(row));

    /// <summary>∂ℓ/∂x of a row, from the formula.</summary>
    public double[] ExpectedSlopes(int row) => _row.RowGradient(X(row), Y(row));

    /// <summary>Σ wᵢℓᵢ, from the formula.</summary>
    public double ExpectedSum(bool weighted)
        => Enumerable.Range(0, Loss.Length).Sum(row => (weighted ? Weights[row] : 1) * ExpectedLoss(row));

    /// <summary>Right answers, from the formula.</summary>
    public int ExpectedCorrect()
        => Enumerable.Range(0, Loss.Length).Where(row => !IsPadded || row % 3 != 0).Sum(row => _row.Correct(X(row), Y(row)));

    /// <summary>Fails unless each element of the gradient is the formula's, up to Float32's error, rounded once.</summary>
    public void AssertGradient(bool weighted, double divisor, double scale, string what)
    {
        for (int row = 0; row < Loss.Length; row++)
        {
            double factor = (weighted ? Weights[row] : 1) / divisor * scale;
            double[] slopes = ExpectedSlopes(row);
            for (int column = 0; column < slopes.Length; column++)
            {
                double expected = slopes[column] * factor;
                double error = (4 * Epsilon * Math.Abs(expected)) + (_row.SlopeSlack * Epsilon * factor / (IsClass ? 1 : slopes.Length));
                double least = ReferenceRounding.Round(Gradient.Value.Format, expected - error), most = ReferenceRounding.Round(
                    Gradient.Value.Format,
                    expected + error);
                double actual = Gradient[row, column];
                if (!(actual >= least && actual <= most))
                {
                    Assert.Fail($"{what} ({row}, {column}): expected {expected:R}, rounded once between {least:R} and {most:R}, got "
                        + $"{actual:R}");
                }
            }
        }

        Gradient.AssertPaddingUntouched();
    }

    public void Dispose()
    {
        Logits.Dispose();
        Gradient.Dispose();
    }
}
