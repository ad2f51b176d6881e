using Microsoft.ML.MixedPrecision.Optimizers;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Bytes that a step takes beside the plan's buffers: targets and weights of a micro-batch and, on a card, what the commit works
/// on.</summary>
internal static unsafe class StepWorkspace
{
    /// <summary>On the CPU.</summary>
    /// <param name="rows">Rows of the largest micro-batch.</param>
    /// <param name="targetWords">Words of 4 bytes of a row's target.</param>
    public static long OnCpu(int rows, int targetWords) => ((sizeof(int) * (long)targetWords) + sizeof(float)) * rows;

    /// <summary>On a card: also the learning rate, results of the finite check and the parameters' ranges.</summary>
    /// <param name="rows">Rows of the largest micro-batch.</param>
    /// <param name="targetWords">Words of 4 bytes of a row's target.</param>
    /// <param name="parameters">Parameters.</param>
    /// <param name="elements">Elements of an arena.</param>
    public static long OnCard(int rows, int targetWords, int parameters, long elements)
        => OnCpu(rows, targetWords)
            + sizeof(float)
            + ((long)sizeof(FinitePartial) * FiniteCheckKernel.CountPartials(elements))
            + ((long)sizeof(OptimizerRange) * parameters);
}
