using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>Real rows to train and test on, and the pipeline up to the trainer.</summary>
/// <param name="name">For the report.</param>
/// <param name="epochs">Epochs that suit it.</param>
internal abstract class ParityData(string name, int epochs)
{
    /// <summary>For the report.</summary>
    public string Name => name;

    /// <summary>Epochs that suit it.</summary>
    public int Epochs => epochs;

    /// <summary>Rows to train and to test on; those of the same seed are the same.</summary>
    public abstract (IDataView Train, IDataView Test) Split(MLContext ml, int seed);

    /// <summary>From the rows to columns Label and Features.</summary>
    public abstract EstimatorChain<ITransformer> Preparation(MLContext ml);

    /// <summary>A column's values as keys in their order, and another column between 0 and 1.</summary>
    protected static EstimatorChain<ITransformer> KeysAndRange(MLContext ml, EstimatorChain<ITransformer> chain, string label)
        => chain
            .Append(
                (IEstimator<ITransformer>)ml.Transforms.Conversion.MapValueToKey(
                    "Label",
                    label,
                    keyOrdinality: Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue))
            .Append((IEstimator<ITransformer>)ml.Transforms.NormalizeMinMax("Features"));
}
