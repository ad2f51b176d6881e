using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A bit-for-bit copy of everything that a skipped step must not change.</summary>
internal sealed unsafe class PlanSnapshot
{
    private readonly List<byte[]> _arenas = [];

    /// <summary>Copies weights, shadows and moments.</summary>
    public PlanSnapshot(TrainingPlan plan)
    {
        foreach (ParameterSlot slot in plan.Parameters.Slots)
        {
            Copy(plan.Parameters.Master(slot), slot.Elements * sizeof(float));
            Copy(plan.Parameters.Shadow(slot), slot.Elements * sizeof(ushort));
            Copy(plan.Parameters.First(slot), slot.Elements * sizeof(float));
            Copy(plan.Parameters.Second(slot), slot.Elements * sizeof(float));
        }

        Step = plan.State.Step;
    }

    /// <summary>Committed steps.</summary>
    public long Step { get; }

    /// <summary>Whether every byte is the same.</summary>
    public bool SameAs(PlanSnapshot other)
        => Step == other.Step
            && _arenas.Count == other._arenas.Count
            && _arenas.Zip(other._arenas).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private void Copy(void* from, long bytes)
    {
        if (from is not null)
        {
            _arenas.Add(new ReadOnlySpan<byte>(from, (int)bytes).ToArray());
        }
    }
}
