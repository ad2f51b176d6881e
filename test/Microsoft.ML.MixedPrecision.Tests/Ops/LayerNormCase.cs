using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Tensors of one normalisation.</summary>
internal sealed class LayerNormCase : IDisposable
{
    public LayerNormCase(NumericFormat format, int rows, int columns, int extraPitch = 0, Func<int, int, double>? value = null)
    {
        X = value is null
            ? TestTensor.Random(format, rows, columns, 1, extraPitch)
            : TestTensor.Of(format, rows, columns, value, extraPitch);
        Scale = TestTensor.Of(NumericFormat.Float32, 1, columns, (_, column) => 1 + (Math.Sin(column) / 2));
        Shift = TestTensor.Of(NumericFormat.Float32, 1, columns, (_, column) => Math.Cos(3 * column) / 2);
        Statistics = new TestTensor(NumericFormat.Float32, rows, LayerNormKernel.StatisticsColumns, extraPitch);
        Y = new TestTensor(format, rows, columns, extraPitch);
        Dy = TestTensor.Random(format, rows, columns, 2, extraPitch);
        Dx = new TestTensor(format, rows, columns, extraPitch);
        DScale = TestTensor.Of(NumericFormat.Float32, 1, columns, (_, _) => 7, extraPitch);
        DShift = TestTensor.Of(NumericFormat.Float32, 1, columns, (_, _) => 7, extraPitch);
    }

    /// <summary>ε.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    public TestTensor X { get; }

    public TestTensor Scale { get; }

    public TestTensor Shift { get; }

    public TestTensor Statistics { get; }

    public TestTensor Y { get; }

    public TestTensor Dy { get; }

    public TestTensor Dx { get; }

    public TestTensor DScale { get; }

    public TestTensor DShift { get; }

    public LayerNormArguments Arguments(ActivationKind kind)
        => new() { X = X, Scale = Scale, Shift = Shift, Activation = kind, Epsilon = Epsilon, Statistics = Statistics, Y = Y };

    public LayerNormGradients Gradients() => new() { Dy = Dy, Dx = Dx, DScale = DScale, DShift = DShift };

    /// <summary>A row of y in double precision.</summary>
    public double[] Expected(int row, ActivationKind kind) => Expected(RowOf(X, row), RowOf(Scale, 0), RowOf(Shift, 0), kind);

    /// <summary>Central difference of Σ y·dy with respect to one element of x, γ or β.</summary>
    public double Difference(TestTensor of, int row, int column, ActivationKind kind, double step = 1e-5)
        => (Weighted(of, row, column, step, kind) - Weighted(of, row, column, -step, kind)) / (2 * step);

    public void Dispose()
    {
        foreach (TestTensor tensor in new[] { X, Scale, Shift, Statistics, Y, Dy, Dx, DScale, DShift })
        {
            tensor.Dispose();
        }
    }

    private double[] Expected(double[] x, double[] scale, double[] shift, ActivationKind kind)
        => [.. ReferenceMath.LayerNorm(x, scale, shift, Epsilon).Select(n => ReferenceMath.Activation(kind, n))];

    private static double[] RowOf(TestTensor tensor, int row)
        => [.. Enumerable.Range(0, tensor.Value.Columns).Select(column => tensor[row, column])];

    private double Weighted(TestTensor of, int atRow, int atColumn, double step, ActivationKind kind)
    {
        double sum = 0;
        for (int row = 0; row < X.Value.Rows; row++)
        {
            double[] x = RowOf(X, row), scale = RowOf(Scale, 0), shift = RowOf(Shift, 0);
            if (of != X || row == atRow)
            {
                (of == X ? x : of == Scale ? scale : shift)[atColumn] += step;
            }

            sum += Expected(x, scale, shift, kind).Select((y, column) => y * Dy[row, column]).Sum();
        }
        return sum;
    }
}
