namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <content>What an advisor knows between two steps.</content>
internal sealed partial class TrainingAdvisor
{
    /// <summary>What was seen and said.</summary>
    public AdvisorState Capture() => new()
    {
        Warnings = [.. _warnings],
        Skips = _skips.Capture(),
        Repeated = _repeated.Capture(),
        Given = _given,
        RetriesEnded = _retriesEnded,
        Lost = _lost,
        EpochsWithLost = _epochsWithLost,
        SaidStuck = _saidStuck,
        SaidRepeated = _saidRepeated,
        SaidValidation = _saidValidation,
    };

    /// <summary>Goes on from there: what was said is not said again.</summary>
    /// <param name="state">What had been seen and said.</param>
    public void Resume(AdvisorState state)
    {
        _warnings.AddRange(state.Warnings);
        _skips.Resume(state.Skips);
        _repeated.Resume(state.Repeated);
        _given = state.Given;
        (_retriesEnded, _lost, _epochsWithLost) = (state.RetriesEnded, state.Lost, state.EpochsWithLost);
        (_saidStuck, _saidRepeated, _saidValidation) = (state.SaidStuck, state.SaidRepeated, state.SaidValidation);
    }
}
