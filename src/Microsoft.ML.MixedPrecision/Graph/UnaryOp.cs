namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>An operation that reads one value and writes one.</summary>
internal abstract class UnaryOp : Op
{
    /// <summary>Creates an operation.</summary>
    protected UnaryOp(string name, Value input, Value output)
        : base(name, [input], [output])
    {
    }

    /// <summary>What it reads.</summary>
    public Value Input => Inputs[0];

    /// <summary>What it writes.</summary>
    public Value Output => Outputs[0];
}
