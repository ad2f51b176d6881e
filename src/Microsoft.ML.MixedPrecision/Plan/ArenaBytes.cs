namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Sizes of the parameters' arenas.</summary>
/// <param name="Elements">Elements of each.</param>
/// <param name="Masters">Bytes of the masters; 0 for none.</param>
/// <param name="Shadows">Bytes of the 16-bit copies; 0 for none.</param>
/// <param name="Gradients">Bytes of the gradients, and of each moment.</param>
/// <param name="Moments">Bytes of all moments.</param>
internal readonly record struct ArenaBytes(long Elements, long Masters, long Shadows, long Gradients, long Moments)
{
    /// <summary>The sizes for some slots.</summary>
    /// <param name="slots">The slots, in order.</param>
    /// <param name="moments">Moments the optimizer keeps: 0 to 2.</param>
    public static ArenaBytes Of(IReadOnlyList<ParameterSlot> slots, int moments)
    {
        if (slots.Count == 0)
        {
            return default;
        }

        ParameterSlot last = slots[^1];
        long elements = (last.Offset + last.Elements + ParameterArenas.OffsetAlignment - 1) / ParameterArenas.OffsetAlignment * ParameterArenas.OffsetAlignment;
        long single = elements * sizeof(float);
        return new(
            elements,
            slots.Any(slot => slot.HasMaster) ? single : 0,
            slots.Any(slot => slot.HasShadow) ? elements * sizeof(ushort) : 0,
            single,
            single * moments);
    }
}
