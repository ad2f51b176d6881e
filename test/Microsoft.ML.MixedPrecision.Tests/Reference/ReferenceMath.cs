namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Plain binary64 formulas of the normalisations, the activations and their derivatives.</summary>
internal static class ReferenceMath
{
    /// <summary>γ·(x − µ)/√(σ² + ε) + β.</summary>
    public static double[] LayerNorm(double[] x, double[] scale, double[] shift, double epsilon = 1e-5)
    {
        double mean = x.Average();
        double deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + epsilon);
        return [.. x.Select((value, i) => (scale[i] * ((value - mean) / deviation)) + shift[i])];
    }

    /// <summary>γ·(x − µ)/√(σ² + 1e-5) + β, mean and variance those of each column over all rows.</summary>
    public static double[][] BatchNorm(double[][] x, double[] scale, double[] shift)
    {
        double[] mean = [.. scale.Select((_, column) => x.Average(row => row[column]))];
        double[] deviation = [.. mean.Select((m, column) => Math.Sqrt(x.Average(row => (row[column] - m) * (row[column] - m)) + 1e-5))];
        return [
            .. x.Select(
                row => row.Select(
                    (value, column) => (scale[column] * ((value - mean[column]) / deviation[column])) + shift[column]).ToArray())];
    }

    /// <summary>act(x).</summary>
    public static double Activation(ActivationKind kind, double x) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Math.Max(x, 0),
        // ½(1 + tanh u) = 1/(1 + e^−2u).
        ActivationKind.Gelu => x / (1 + Math.Exp(-2 * GeluArgument(x))),
        ActivationKind.GeluErf => x * NormalCdf(x),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationKind.Mish => x * Math.Tanh(Softplus(x)),
        ActivationKind.Selu => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * ExpM1(x)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>act′ as a function of x.</summary>
    public static double Derivative(ActivationKind kind, double x)
    {
        double s = 1 / (1 + Math.Exp(-x));
        switch (kind)
        {
            case ActivationKind.None:
                return 1;
            case ActivationKind.Relu:
                return x > 0 ? 1 : 0;
            case ActivationKind.Gelu:
                double u = GeluArgument(x);
                double slope = Math.Sqrt(2 / Math.PI) * (1 + (3 * 0.044715 * x * x));
                double half = 1 / (1 + Math.Exp(-2 * u));
                return half + (2 * x * half * (1 / (1 + Math.Exp(2 * u))) * slope);
            case ActivationKind.GeluErf:
                return NormalCdf(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
            case ActivationKind.Silu:
                return s + (x * s * (1 - s));
            case ActivationKind.Tanh:
                return 1 - (Math.Tanh(x) * Math.Tanh(x));
            case ActivationKind.Sigmoid:
                return s * (1 - s);
            case ActivationKind.Mish:
                double t = Math.Tanh(Softplus(x));
                return t + (x * Sech2(Softplus(x)) * s);
            case ActivationKind.Selu:
                return 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.Exp(x));
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    /// <summary>ln(1 + eˣ), by its series where eˣ is small, exact in relative terms.</summary>
    private static double Softplus(double x)
    {
        double e = Math.Exp(x);
        return x > 30 ? x : e > 1e-3 ? Math.Log(1 + e) : e * (1 - (e * ((1 / 2.0) - (e * ((1 / 3.0) - (e * ((1 / 4.0) - (e / 5))))))));
    }

    /// <summary>1 − tanh²(x) = 1/cosh²(x).</summary>
    private static double Sech2(double x) => 1 / (Math.Cosh(x) * Math.Cosh(x));

    /// <summary>eˣ − 1, by its series near 0, exact in relative terms.</summary>
    private static double ExpM1(double x)
        => Math.Abs(x) > 1e-2 ? Math.Exp(x) - 1 : x * (1 + (x / 2 * (1 + (x / 3 * (1 + (x / 4 * (1 + (x / 5 * (1 + (x / 6))))))))));

    /// <summary>Φ(x): a series near 0, else Lentz's continued fraction of the upper tail, which is exact in relative terms.</summary>
    public static double NormalCdf(double x)
    {
        if (Math.Abs(x) < 2.5)
        {
            return 0.5 + (Density(x) * CdfSeries(x));
        }

        double tail = Density(x) * TailFraction(Math.Abs(x));
        return x < 0 ? tail : 1 - tail;
    }

    private static double GeluArgument(double x) => Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>x + x³/3 + x⁵/(3·5) + …</summary>
    private static double CdfSeries(double x)
    {
        double term = x, sum = x;
        for (int i = 3; i < 200; i += 2)
        {
            term *= x * x / i;
            sum += term;
        }
        return sum;
    }

    /// <summary>1/(x + 1/(x + 2/(x + 3/(x + …)))).</summary>
    private static double TailFraction(double x)
    {
        double fraction = x;
        for (int i = 300; i > 0; i--)
        {
            fraction = x + (i / fraction);
        }

        return 1 / fraction;
    }
}
