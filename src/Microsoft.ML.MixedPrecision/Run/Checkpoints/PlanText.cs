using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>A <see cref="TrainingState"/> without its tensors, as a checkpoint's text has it.</summary>
/// <param name="Run">As there.</param>
/// <param name="Phases">As there.</param>
/// <param name="Ranges">As there.</param>
/// <param name="Products">As there.</param>
internal sealed record PlanText(
    RunBlock Run,
    IReadOnlyList<PhaseState> Phases,
    IReadOnlyDictionary<string, RangeTotals> Ranges,
    IReadOnlyDictionary<string, byte[]> Products)
{
    /// <summary>The text of a state.</summary>
    public static PlanText Of(TrainingState state) => new(state.Run, state.Phases, state.Ranges, state.Products);

    /// <summary>The state.</summary>
    /// <param name="tensors">Its tensors.</param>
    public TrainingState ToState(IReadOnlyList<StateTensor> tensors)
        => new() { Run = Run, Phases = Phases, Tensors = tensors, Ranges = Ranges, Products = Products };
}
