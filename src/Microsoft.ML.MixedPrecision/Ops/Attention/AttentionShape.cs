namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What an attention computes, but for the memory.</summary>
/// <param name="Examples">N.</param>
/// <param name="Steps">T: rows of an example, real and padded.</param>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">D: columns of a head, so that H·D are the columns of y.</param>
/// <param name="Causal">Whether step i sees the steps j ≤ i alone.</param>
internal readonly record struct AttentionShape(int Examples, int Steps, int Heads, int HeadSize, bool Causal)
{
    /// <summary>N·T.</summary>
    public int Rows => checked(Examples * Steps);

    /// <summary>H·D.</summary>
    public int Columns => checked(Heads * HeadSize);

    /// <summary>1/√D, which the scores are multiplied by.</summary>
    public float Scale => (float)(1 / Math.Sqrt(HeadSize));
}
