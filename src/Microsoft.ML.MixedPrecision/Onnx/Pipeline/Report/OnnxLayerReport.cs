namespace Microsoft.ML.MixedPrecision;

/// <summary>One layer of an exported network: what it computes in and why, and how large its results are.</summary>
public sealed record OnnxLayerReport
{
    /// <summary>Its name, that of the value in training, such as <c>hidden.0.activation</c>; those of a second network begin with
    /// <c>2:</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The ONNX operator, or the function where several make it.</summary>
    public required string Operator { get; init; }

    /// <summary>What it computes in.</summary>
    public required NumericFormat Format { get; init; }

    /// <summary>What its weights are stored in; null if it has none.</summary>
    public NumericFormat? WeightFormat { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>The largest result in magnitude that range probes met in training; null if they did not watch it.</summary>
    public double? LargestInTraining { get; init; }

    /// <summary>The share of non-zero results under FP16's smallest normal, 6.1e-5, in training; null if it was not watched.</summary>
    public double? BelowNormalInTraining { get; init; }

    /// <summary>The largest finite result in magnitude on the rows given, in FP32; null without rows.</summary>
    public double? LargestOnRows { get; init; }

    /// <summary>The share of non-zero results under FP16's smallest normal on the rows given; null without rows.</summary>
    public double? BelowNormalOnRows { get; init; }

    /// <summary>What the layer changes when it alone is in FP16; null unless layers had to be compared to meet a limit.</summary>
    public OnnxComparison? Alone { get; init; }
}
