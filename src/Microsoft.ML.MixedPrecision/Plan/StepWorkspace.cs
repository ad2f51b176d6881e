using Microsoft.ML.MixedPrecision.Optimizers;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Bytes that a step on a card takes beside the plan's buffers: what the commit works on.</summary>
internal static unsafe class StepWorkspace
{
    /// <summary>The learning rate, results of the finite check and the parameters' ranges.</summary>
    /// <param name="parameters">Parameters.</param>
    /// <param name="elements">Elements of an arena.</param>
    public static long OnCard(int parameters, long elements)
        => sizeof(float)
            + ((long)sizeof(FinitePartial) * FiniteCheckKernel.CountPartials(elements))
            + ((long)sizeof(OptimizerRange) * parameters);
}
