using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>1797 handwritten digits of 8 × 8 grey values, four fifths to train on.</summary>
internal sealed class Digits() : ParityData("digits", epochs: 30)
{
    private const double TestFraction = 0.2;

    /// <inheritdoc/>
    public override (IDataView Train, IDataView Test) Split(MLContext ml, int seed)
    {
        IDataView data = ml.Data.LoadFromTextFile<Digit>(
            Path.Combine(AppContext.BaseDirectory, "digits.csv"),
            separatorChar: ',',
            hasHeader: true);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(data, TestFraction, seed: seed);
        return (split.TrainSet, split.TestSet);
    }

    /// <inheritdoc/>
    public override EstimatorChain<ITransformer> Preparation(MLContext ml)
        => KeysAndRange(ml, new EstimatorChain<ITransformer>(), nameof(Digit.Value));

    /// <summary>A row of digits.csv.</summary>
    private sealed class Digit
    {
        /// <summary>Grey values.</summary>
        [LoadColumn(0, 63)]
        [VectorType(64)]
        public float[] Features { get; set; } = [];

        /// <summary>The digit.</summary>
        [LoadColumn(64)]
        public int Value { get; set; }
    }
}
