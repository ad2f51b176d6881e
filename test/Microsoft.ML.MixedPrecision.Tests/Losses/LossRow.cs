using Microsoft.ML.MixedPrecision.Losses;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

/// <summary>A loss with its formulas in double precision. A row's target y has one element, the class, or one for each output.</summary>
/// <param name="Name">Name of the test case.</param>
/// <param name="Loss">The loss.</param>
/// <param name="RowLoss">ℓ(x, y) of a row.</param>
/// <param name="RowGradient">∂ℓ/∂xⱼ of a row.</param>
internal sealed record LossRow(
    string Name,
    Loss Loss,
    Func<double[], double[], double> RowLoss,
    Func<double[], double[], double[]> RowGradient)
{
    /// <summary>Right answers of a row.</summary>
    public Func<double[], double[], int> Correct { get; init; } = (_, _) => 0;

    /// <summary>A random target for the output x, where targets are values.</summary>
    public Func<Random, double, double> Target { get; init; } = (_, _) => 0;

    /// <summary>What Float32 may add to the error of a slope, in units of its ε, where terms of about 1 cancel.</summary>
    public double SlopeSlack { get; init; }
}
