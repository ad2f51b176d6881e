using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The mask of a dropout, from its documentation: word column mod 4 of Philox, kept from p·2³² on.</summary>
internal static class DropoutReference
{
    private const uint DropoutPurpose = 4;

    /// <summary>Whether an element is kept.</summary>
    public static bool IsKept(in StepPosition position, int seed, int layer, float rate, int row, int column)
    {
        var counter = (
            (uint)column / 4,
            (uint)(position.Row + row),
            (uint)(position.Step % 4294967296),
            ((uint)layer * 65536) + (uint)(position.Step / 4294967296));
        (uint a, uint b, uint c, uint d) = Philox.Draw(counter, ((uint)seed, DropoutPurpose));
        return new[] { a, b, c, d }[column % 4] >= rate * 4294967296.0;
    }
}
