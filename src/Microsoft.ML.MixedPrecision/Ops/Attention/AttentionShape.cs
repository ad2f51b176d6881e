namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What an attention computes, but for the memory and for where examples lie.</summary>
/// <param name="Rows">R: rows of all examples.</param>
/// <param name="Heads">H.</param>
/// <param name="HeadSize">D: columns of a head, so that H·D are the columns of y.</param>
/// <param name="Causal">Whether step i sees the steps j ≤ i alone.</param>
internal readonly record struct AttentionShape(int Rows, int Heads, int HeadSize, bool Causal)
{
    /// <summary>H·D.</summary>
    public int Columns => checked(Heads * HeadSize);

    /// <summary>1/√D, which the scores are multiplied by.</summary>
    public float Scale => (float)(1 / Math.Sqrt(HeadSize));
}
