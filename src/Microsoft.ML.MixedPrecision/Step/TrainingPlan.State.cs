using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <content>A plan between two steps, on its way to another plan.</content>
internal sealed partial class TrainingPlan
{
    private IReadOnlyList<StatePlace> Places => [.. _parameters.Places, .. _states.Places];

    /// <summary>Waits for the steps so far and copies what they left.</summary>
    /// <exception cref="InvalidOperationException">A step has begun and is not committed, or records wait, which the state has no room
    /// for.</exception>
    public TrainingState Capture()
    {
        if (Steps.IsWithinStep)
        {
            throw new InvalidOperationException("The plan is within a step, whose gradients no state holds: commit it first.");
        }

        Steps.Synchronize();
        if (_step.Waiting > 0)
        {
            throw new InvalidOperationException($"{_step.Waiting} records of attempted steps wait: take them first, since a state has "
                + $"none.");
        }

        return new TrainingState
        {
            Run = _step.Run,
            Phases = [new PhaseState(_step.Phase, _settings.LossScale)],
            Tensors = [.. Places.Select(place => place.Capture())],
            Ranges = _probes.ToDictionary(probe => probe.Name, probe => probe.Totals),
            Products = Steps.Products,
        };
    }

    /// <summary>Everything as a state has it, before anything runs: kernels that are made ready leave it alone.</summary>
    private void Restore(TrainingState? state)
    {
        if (state is null)
        {
            return;
        }

        if (state.Phases.Count != 1)
        {
            throw new ArgumentException($"The state has {state.Phases.Count} phases; the plan has one.", nameof(state));
        }

        state.CopyTo(Places);
        PhaseBlock phase = state.Phases[0].Block;
        if (state.Phases[0].Rule != _settings.LossScale)
        {
            phase.Scale = LossScaleState.Initial(_settings.LossScale);
        }

        _step.Restore(state.Run, phase);
        foreach (RangeProbe probe in _probes)
        {
            probe.Totals = state.Ranges.GetValueOrDefault(probe.Name);
        }

        if (_device is CudaDevice card)
        {
            MatmulPlans.Of(card).Prefer(state.Products);
        }
    }
}
