namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Losses of one row and their gradients in binary64, each from its definition, in a form that keeps small numbers.</summary>
internal static class ReferenceLosses
{
    /// <summary>The mean over outputs of −t·ln σ(x) − (1 − t)·ln(1 − σ(x)), with t = y·(1 − ε) + ε/2.</summary>
    public static double BinaryCrossEntropy(double[] x, double[] y, double smoothing)
        => Mean(x, y, (x, y) => (Smoothed(y, smoothing) * LogOf1PlusExp(-x)) + ((1 - Smoothed(y, smoothing)) * LogOf1PlusExp(x)));

    /// <summary>((1 − t)·σ(x) − t·σ(−x)) ÷ C.</summary>
    public static double[] BinaryCrossEntropyGradient(double[] x, double[] y, double smoothing)
        => Each(x, y, (x, y) => ((1 - Smoothed(y, smoothing)) / (1 + Math.Exp(-x))) - (Smoothed(y, smoothing) / (1 + Math.Exp(x))));

    /// <summary>Outputs on their target's side of one half in probability.</summary>
    public static int BinaryCorrect(double[] x, double[] y) => x.Zip(y).Count(pair => pair.Second > 0.5 ? pair.First > 0 : pair.First <= 0);

    /// <summary>The mean over outputs of (x − y)².</summary>
    public static double SquaredError(double[] x, double[] y) => Mean(x, y, (x, y) => Math.Pow(x - y, 2));

    /// <summary>2(x − y) ÷ C.</summary>
    public static double[] SquaredErrorGradient(double[] x, double[] y) => Each(x, y, (x, y) => 2 * (x - y));

    /// <summary>The mean over outputs of ½d² up to |d| = δ and its tangent beyond.</summary>
    public static double Huber(double[] x, double[] y, double delta)
        => Mean(
            x,
            y,
            (x, y) => Math.Abs(x - y) <= delta ? Math.Pow(x - y, 2) / 2 : (delta * delta / 2) + (delta * (Math.Abs(x - y) - delta)));

    /// <summary>d held within ±δ, ÷ C.</summary>
    public static double[] HuberGradient(double[] x, double[] y, double delta)
        => Each(x, y, (x, y) => Math.Max(-delta, Math.Min(delta, x - y)));

    /// <summary>−Σⱼ tⱼ·ln pⱼ with p the softmax and t = (1 − ε)·onehot + ε/C.</summary>
    public static double CrossEntropy(double[] x, int label, double smoothing)
        => LogOfProbabilities(x).Select((value, j) => -Target(j, label, x.Length, smoothing) * value).Sum();

    /// <summary>pⱼ − tⱼ.</summary>
    public static double[] CrossEntropyGradient(double[] x, int label, double smoothing)
        => [.. LogOfProbabilities(x).Select((value, j) => Math.Exp(value) - Target(j, label, x.Length, smoothing))];

    private static double Target(int column, int label, int classes, double smoothing)
        => ((1 - smoothing) * (column == label ? 1 : 0)) + (smoothing / classes);

    private static double[] LogOfProbabilities(double[] x)
    {
        double largest = x.Max();
        double logSum = largest + Math.Log(x.Sum(value => Math.Exp(value - largest)));
        return [.. x.Select(value => value - logSum)];
    }

    private static double Smoothed(double y, double smoothing) => (y * (1 - smoothing)) + (smoothing / 2);

    /// <summary>ln(1 + eˣ); ln(1 + u) = 2·artanh(u ÷ (2 + u)) keeps small u.</summary>
    private static double LogOf1PlusExp(double x)
    {
        double u = Math.Exp(-Math.Abs(x));
        return Math.Max(x, 0) + (2 * Math.Atanh(u / (2 + u)));
    }

    private static double Mean(double[] x, double[] y, Func<double, double, double> loss) => x.Zip(y, loss).Sum() / x.Length;

    private static double[] Each(double[] x, double[] y, Func<double, double, double> slope)
        => [.. x.Zip(y, slope).Select(value => value / x.Length)];
}
