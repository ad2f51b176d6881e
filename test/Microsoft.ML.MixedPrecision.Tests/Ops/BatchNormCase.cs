using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Tensors of one batch normalisation, and its formulas in double precision.</summary>
internal sealed unsafe class BatchNormCase : IDisposable
{
    private readonly CpuMemory _position = new(sizeof(StepPosition));

    public BatchNormCase(
        NumericFormat format,
        int rows,
        int columns,
        int extraPitch = 0,
        Func<int, int, double>? value = null,
        bool isFirst = true)
    {
        X = value is null
            ? TestTensor.Random(format, rows, columns, 1, extraPitch)
            : TestTensor.Of(format, rows, columns, value, extraPitch);
        Scale = Vector(columns, column => 1 + (Math.Sin(column) / 2));
        Shift = Vector(columns, column => Math.Cos(3 * column) / 2);
        Statistics = new TestTensor(NumericFormat.Float32, BatchNormKernel.StatisticsRows, columns, extraPitch);
        Y = new TestTensor(format, rows, columns, extraPitch);
        Dy = TestTensor.Random(format, rows, columns, 2, extraPitch);
        Dx = new TestTensor(format, rows, columns, extraPitch);
        DScale = Vector(columns, _ => 7);
        DShift = Vector(columns, _ => 7);
        Mean = (Vector(columns, column => Math.Sin(column)), Vector(columns, column => Math.Cos(column)));
        Variance = (Vector(columns, column => 1 + (column % 3)), Vector(columns, column => 2 + (column % 5)));
        Position = new StepPosition { Step = 6, Row = isFirst ? 0 : 9 };
        *(StepPosition*)_position.Address = Position;
    }

    public TestTensor X { get; }

    public TestTensor Scale { get; }

    public TestTensor Shift { get; }

    public TestTensor Statistics { get; }

    public TestTensor Y { get; }

    public TestTensor Dy { get; }

    public TestTensor Dx { get; }

    public TestTensor DScale { get; }

    public TestTensor DShift { get; }

    public (TestTensor Committed, TestTensor Staged) Mean { get; }

    public (TestTensor Committed, TestTensor Staged) Variance { get; }

    public StepPosition Position { get; }

    public BatchNormRunning Running => new(new(Mean.Committed, Mean.Staged), new(Variance.Committed, Variance.Staged), _position.Address);

    public BatchNormArguments Arguments => new() { X = X, Scale = Scale, Shift = Shift, Statistics = Statistics, Y = Y };

    public BatchNormGradients Gradients => new() { Dy = Dy, Dx = Dx, DScale = DScale, DShift = DShift };

    /// <summary>All tensors.</summary>
    public TestTensor[] All
        => [X, Scale, Shift, Statistics, Y, Dy, Dx, DScale, DShift, Mean.Committed, Mean.Staged, Variance.Committed, Variance.Staged];

    /// <summary>Mean and variance, divided by N, of a column.</summary>
    public (double Mean, double Variance) Of(int column)
    {
        double[] x = Column(X, column);
        double mean = x.Average();
        return (mean, x.Average(value => (value - mean) * (value - mean)));
    }

    /// <summary>A column of x̂.</summary>
    public double[] Normalized(int column)
    {
        (double mean, double variance) = Of(column);
        return [.. Column(X, column).Select(value => (value - mean) / Math.Sqrt(variance + 1e-5))];
    }

    /// <summary>A column of y.</summary>
    public double[] Expected(int column) => [.. Normalized(column).Select(value => (Scale[0, column] * value) + Shift[0, column])];

    /// <summary>A column of dx, dγ and dβ.</summary>
    public (double[] Dx, double DScale, double DShift) ExpectedGradients(int column)
    {
        double[] normalized = Normalized(column), dy = Column(Dy, column);
        double slope = dy.Zip(normalized, (g, x) => g * x).Sum(), sum = dy.Sum();
        double factor = Scale[0, column] / Math.Sqrt(Of(column).Variance + 1e-5);
        return ([.. dy.Zip(normalized, (g, x) => factor * (g - (sum / dy.Length) - (x * slope / dy.Length)))], slope, sum);
    }

    public void Dispose()
    {
        foreach (TestTensor tensor in All)
        {
            tensor.Dispose();
        }

        _position.Dispose();
    }

    private static TestTensor Vector(int columns, Func<int, double> value)
        => TestTensor.Of(NumericFormat.Float32, 1, columns, (_, column) => value(column));

    private static double[] Column(TestTensor tensor, int column)
        => [.. Enumerable.Range(0, tensor.Value.Rows).Select(row => tensor[row, column])];
}
