namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Sizes of the parameters' arenas.</summary>
/// <param name="Elements">Elements of all parameters.</param>
/// <param name="TrainedElements">Elements of those that train, which come first.</param>
/// <param name="Masters">Bytes of the masters; 0 for none.</param>
/// <param name="Shadows">Bytes of the 16-bit copies; 0 for none.</param>
/// <param name="Gradients">Bytes of the gradients, and of each moment.</param>
/// <param name="Moments">Bytes of all moments.</param>
internal readonly record struct ArenaBytes(long Elements, long TrainedElements, long Masters, long Shadows, long Gradients, long Moments)
{
    /// <summary>The sizes for some slots.</summary>
    /// <param name="slots">The slots, in order.</param>
    /// <param name="moments">Moments the optimizer keeps: 0 to 2.</param>
    public static ArenaBytes Of(IReadOnlyList<ParameterSlot> slots, int moments)
    {
        long trained = End(slots, slot => slot.Trains);
        long single = trained * sizeof(float);
        return new(
            End(slots, _ => true),
            trained,
            Holding(slots, trained, slot => slot.HasMaster) * sizeof(float),
            Holding(slots, trained, slot => slot.HasShadow) * sizeof(ushort),
            single,
            single * moments);
    }

    /// <summary>
    /// Elements of an arena that holds some slots: all that train, as ranges of them are worked on, and of the frozen ones as far as the
    /// last that it holds.
    /// </summary>
    private static long Holding(IReadOnlyList<ParameterSlot> slots, long trained, Func<ParameterSlot, bool> holds)
        => slots.Any(holds) ? Math.Max(slots.Any(slot => slot.Trains && holds(slot)) ? trained : 0, End(slots, holds)) : 0;

    /// <summary>Elements up to the end of the last slot of a kind.</summary>
    private static long End(IReadOnlyList<ParameterSlot> slots, Func<ParameterSlot, bool> isOfKind)
        => slots.LastOrDefault(isOfKind) is { } last
            ? Aligned(last.Offset + last.Elements)
            : 0;

    private static long Aligned(long elements)
        => (elements + ParameterArenas.OffsetAlignment - 1) / ParameterArenas.OffsetAlignment * ParameterArenas.OffsetAlignment;
}
