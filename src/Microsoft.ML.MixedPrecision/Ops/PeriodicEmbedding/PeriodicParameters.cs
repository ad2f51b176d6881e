using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What a periodic embedding of n numbers learns, all in Float32.</summary>
/// <param name="Frequencies">w: (n, 16), in turns a unit of x.</param>
/// <param name="Phases">b: (n, 16), in radians.</param>
/// <param name="Weights">V: (n, 48); of each number three rows of 16, one behind the other.</param>
/// <param name="Biases">c: (n, 3).</param>
internal readonly record struct PeriodicParameters(Parameter Frequencies, Parameter Phases, Parameter Weights, Parameter Biases)
{
    /// <summary>Waves of a number.</summary>
    public const int Waves = 16;

    /// <summary>What is made of the waves of a number.</summary>
    public const int Sums = 3;

    /// <summary>Columns for a number: itself, and the sums.</summary>
    public const int Columns = Sums + 1;

    /// <summary>All of them.</summary>
    public Parameter[] All => [Frequencies, Phases, Weights, Biases];

    /// <summary>n.</summary>
    public int Count => Frequencies.Rows;
}
