namespace Microsoft.ML.MixedPrecision;

/// <summary>How one operation of a trained network computed and why: an entry of <see cref="TrainingResult.Explanations"/>.</summary>
public sealed class OperationExplanation
{
    internal OperationExplanation()
    {
    }

    /// <summary>Name of the layer, for example <c>hidden.0</c>.</summary>
    public required string Layer { get; init; }

    /// <summary>What is done, for example <c>linear + bias + Relu</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>Shape of the weights, or columns of the output.</summary>
    public required string Shape { get; init; }

    /// <summary>Format of the operands.</summary>
    public NumericFormat Operands { get; internal init; }

    /// <summary>Format of the stored result.</summary>
    public NumericFormat Stored { get; internal init; }

    /// <summary>Why these formats.</summary>
    public required string Reason { get; init; }
}
