using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Columns of C that are computed together, and op(B)'s columns of them in panels: element (k, j) of panel i at Panels + i·PanelPitch +
/// k·Step + j.
/// </summary>
/// <param name="First">The first column.</param>
/// <param name="End">Behind the last one.</param>
/// <param name="Panels">Address of the first panel.</param>
/// <param name="PanelPitch">Elements from one panel to the next.</param>
/// <param name="Step">Elements from one k to the next.</param>
internal readonly record struct MatmulStrip(int First, int End, nint Panels, nint PanelPitch, nint Step)
{
    /// <summary>Panels that are laid out one after the other.</summary>
    public static unsafe MatmulStrip Packed(int first, int end, float* panels, int depth, int width)
        => new(first, end, (nint)panels, (nint)depth * width, width);

    /// <summary>The columns of a B that lies as (K, N) in Float32, where it lies; they must fill whole panels.</summary>
    public static MatmulStrip Of(in Tensor b, int width) => new(0, b.Columns, b.Address, width, b.Pitch);
}
