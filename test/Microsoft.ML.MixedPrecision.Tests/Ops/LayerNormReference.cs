using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>
/// Gradients of one normalisation in double precision, from the formulas: x̂ = (x − µ)/√(σ² + ε), dn = dy·act′(γ·x̂ + β),
/// dγ = Σ dn·x̂, dβ = Σ dn, g = γ·dn, dx = (g − mean(g) − x̂·mean(g·x̂))/√(σ² + ε).
/// </summary>
internal sealed class LayerNormReference
{
    private readonly int _columns;

    /// <summary>Computes them.</summary>
    public LayerNormReference(LayerNormCase norm, ActivationKind kind)
    {
        _columns = norm.X.Value.Columns;
        (DScale, DShift, DScaleSize, DShiftSize) = (new double[_columns], new double[_columns], new double[_columns], new double[_columns]);
        Dx = [.. Enumerable.Range(0, norm.X.Value.Rows).Select(row => AddRow(norm, row, kind))];
    }

    /// <summary>dx, by row.</summary>
    public double[][] Dx { get; }

    /// <summary>dγ.</summary>
    public double[] DScale { get; }

    /// <summary>dβ.</summary>
    public double[] DShift { get; }

    /// <summary>Σ |dn·x̂|: what the rounding of dγ is proportional to.</summary>
    public double[] DScaleSize { get; }

    /// <summary>Σ |dn|.</summary>
    public double[] DShiftSize { get; }

    private double[] AddRow(LayerNormCase norm, int row, ActivationKind kind)
    {
        double[] x = [.. Enumerable.Range(0, _columns).Select(column => norm.X[row, column])];
        double mean = x.Average();
        double r = 1 / Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + norm.Epsilon);
        double[] normalized = [.. x.Select(value => (value - mean) * r)];
        var g = new double[_columns];
        for (int column = 0; column < _columns; column++)
        {
            double scale = norm.Scale[0, column];
            double dn = norm.Dy[row, column] * ReferenceMath.Derivative(kind, (scale * normalized[column]) + norm.Shift[0, column]);
            g[column] = scale * dn;
            DScale[column] += dn * normalized[column];
            DShift[column] += dn;
            DScaleSize[column] += Math.Abs(dn * normalized[column]);
            DShiftSize[column] += Math.Abs(dn);
        }

        double meanG = g.Average(), slope = g.Select((value, column) => value * normalized[column]).Average();
        return [.. g.Select((value, column) => (value - meanG - (normalized[column] * slope)) * r)];
    }
}
