using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Which elements a dropout drops: all but the position within the run.</summary>
/// <param name="Seed">The user's seed.</param>
/// <param name="Layer">Number of the dropout within the network, below 65536: each has masks of its own.</param>
/// <param name="Rate">p, the share that is dropped: in [0, 1).</param>
/// <param name="RowsPerExample">Rows of an example.</param>
internal readonly record struct DropoutChoice(int Seed, int Layer, float Rate, int RowsPerExample = 1)
{
    /// <summary>How <see cref="Rate"/> changes with the committed steps; the default is constant.</summary>
    public RegularizationCourse Course { get; init; }

    /// <summary>Layers that a counter has room for.</summary>
    public const int MostLayers = 1 << 16;

    private const double Words = 4294967296.0;

    /// <summary>An element is kept if its word is at least this: round(p·2³²).</summary>
    /// <param name="step">Steps committed before.</param>
    public uint ThresholdOf(long step) => (uint)Math.Round(RateOf(step) * Words);

    /// <summary>1/(1 − p), which keeps the mean.</summary>
    /// <param name="step">Steps committed before.</param>
    public float ScaleOf(long step) => (float)(1 / (1 - (double)RateOf(step)));

    /// <summary>Four words, those of the columns 4·<paramref name="group"/> and the three behind it.</summary>
    /// <param name="position">Where the step stands.</param>
    /// <param name="row">Row within the micro-batch.</param>
    /// <param name="group">Number of the four columns.</param>
    public (uint X0, uint X1, uint X2, uint X3) Draw(in StepPosition position, int row, int group)
    {
        uint rowOfStep = (uint)((position.Row * RowsPerExample) + row);
        uint high = ((uint)Layer << 16) | ((uint)(position.Step >> 32) & 0xFFFF);
        return Philox.Draw(((uint)group, rowOfStep, (uint)position.Step, high), ((uint)Seed, (uint)RandomPurpose.Dropout));
    }

    private float RateOf(long step) => Rate * Course.FactorOf(step + 1);
}
