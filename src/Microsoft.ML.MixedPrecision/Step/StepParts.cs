using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>What a step works on: the decided plan and its memory.</summary>
/// <param name="Settings">What the plan was made from.</param>
/// <param name="Ops">The operations in forward order, losses among them.</param>
/// <param name="Layout">The network's inputs and their places.</param>
/// <param name="Context">Memory of values and gradients, as the operations see it.</param>
/// <param name="Parameters">The parameters' arenas.</param>
/// <param name="States">What layers learn without gradient.</param>
/// <param name="Probes">Reductions that run after the buffer they watch is written.</param>
/// <param name="Memory">States and records.</param>
internal sealed record StepParts(
    PlanSettings Settings,
    Op[] Ops,
    ValueLayout Layout,
    PlanContext Context,
    ParameterArenas Parameters,
    StateArenas States,
    RangeProbe[] Probes,
    StepMemory Memory)
{
    /// <summary>Checks that a store's rows have what the losses read.</summary>
    /// <param name="store">The rows.</param>
    /// <exception cref="ArgumentException">Their targets take more or fewer words, or they have weights and the plan none, or the other way
    /// round.</exception>
    public void RequireTargets(RowStore store)
    {
        RequireTargets(
            store,
            Settings.Loss,
            new Shape(Layout.Inputs.Single(input => input.Name == LossTerm.Target).Shape.Rows, Layout.Output.Columns));
        if (store.HasWeights != Settings.HasWeights)
        {
            throw new ArgumentException(
                store.HasWeights
                    ? $"The store's rows have weights; the plan was made for rows without. Set {nameof(PlanSettings.HasWeights)}."
                    : $"The store's rows have no weights; the plan reads some. Unset {nameof(PlanSettings.HasWeights)}.",
                nameof(store));
        }
    }

    /// <summary>Checks that a store's targets are those that a loss of such an output reads.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="output">What an example has of the network's output: a target stands beside each row of it.</param>
    /// <exception cref="ArgumentException">They take more or fewer words.</exception>
    public static void RequireTargets(RowStore store, Loss loss, Shape output)
    {
        int words = loss.TargetWords(output.Columns) * output.Rows;
        if (store.TargetWords != words)
        {
            throw new ArgumentException($"The store has {store.TargetWords} target words a row; the loss, {loss.Name} of {output} "
                + $"outputs, takes {words}.", nameof(store));
        }
    }
}
