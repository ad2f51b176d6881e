using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Which elements of the softmax are dropped: a function of the seed, the dropout's number, the step and the element's place alone, so that
/// no mask is stored.
/// </summary>
/// <remarks>
/// The T × T matrix of an example and a head is cut into tiles of 16 × 16; ⌈T/16⌉ of them are a row of tiles. Of element (i, j) let
/// r = i mod 8, u = ⌊(i mod 16)/8⌋, t = ⌊(j mod 8)/2⌋, v = ⌊(j mod 16)/8⌋, e = j mod 2. Its 16 random bits are number 4·u + 2·v + e of the
/// eight in the four words of <see cref="Philox"/>, the lower half of a word first, with key (seed, <see cref="RandomPurpose.Attention"/>)
/// and counter (⌊j/16⌋·32 + 4·r + t, (example·H + head)·⌈T/16⌉ + ⌊i/16⌋, step mod 2³², layer·2¹⁶ + step/2³² mod 2¹⁶): example counted
/// within the step, step the number of committed ones. It is kept if its bits are at least <see cref="ThresholdOf"/>. The eight elements of
/// a draw are those that a thread of a Tensor Core product holds of a tile.
/// </remarks>
/// <param name="Seed">The user's seed.</param>
/// <param name="Layer">Number of the dropout within the network, below <see cref="DropoutChoice.MostLayers"/>.</param>
/// <param name="Rate">p, the share that is dropped: in [0, 1), rounded to 2⁻¹⁶.</param>
internal readonly record struct AttentionDropout(int Seed, int Layer, float Rate)
{
    private const double Values = 65536;

    /// <summary>How <see cref="Rate"/> changes with the committed steps; the default is constant.</summary>
    public RegularizationCourse Course { get; init; }

    /// <summary>round(p·2¹⁶), at most 2¹⁶ − 1.</summary>
    /// <param name="step">Steps committed before.</param>
    public uint ThresholdOf(long step) => (uint)Math.Min(Values - 1, Math.Round(Rate * Course.FactorOf(step + 1) * Values));

    /// <summary>1/(1 − threshold/2¹⁶), which keeps the mean.</summary>
    /// <param name="threshold">Of <see cref="ThresholdOf"/>.</param>
    public static float ScaleOf(uint threshold) => (float)(Values / (Values - threshold));

    /// <summary>The eight draws of a thread's place in a tile.</summary>
    /// <param name="position">Where the step stands.</param>
    /// <param name="row">(example of the micro-batch·H + head)·⌈T/16⌉ + ⌊i/16⌋.</param>
    /// <param name="rowsPerExample">H·⌈T/16⌉.</param>
    /// <param name="group">⌊j/16⌋·32 + 4·r + t.</param>
    public (uint X0, uint X1, uint X2, uint X3) Draw(in StepPosition position, int row, int rowsPerExample, int group)
    {
        uint rowOfStep = (uint)((position.Row * rowsPerExample) + row);
        uint high = ((uint)Layer << 16) | ((uint)(position.Step >> 32) & 0xFFFF);
        return Philox.Draw((
            (uint)group, rowOfStep, (uint)position.Step, high), ((uint)Seed, (uint)RandomPurpose.Attention));
    }
}
