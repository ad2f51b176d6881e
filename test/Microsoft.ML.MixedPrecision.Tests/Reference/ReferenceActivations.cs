namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Activation functions in double precision, from their definitions.</summary>
internal static class ReferenceActivations
{
    /// <summary>The function's value.</summary>
    public static double Value(ActivationKind kind, double x) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.Gelu => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        ActivationKind.GeluErf => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>erf: the Maclaurin series for |x| &lt; 2, Legendre's continued fraction of erfc beyond, both to double precision.</summary>
    private static double Erf(double x)
        => Math.Abs(x) < 2 ? ErfSeries(x) : Math.Sign(x) * (1 - ErfcFraction(Math.Abs(x)));

    private static double ErfSeries(double x)
    {
        double sum = x;
        double term = x;
        for (int n = 1; n < 60; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double ErfcFraction(double x)
    {
        double fraction = x;
        for (int n = 200; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
