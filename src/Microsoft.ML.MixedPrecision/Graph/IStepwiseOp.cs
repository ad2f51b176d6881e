using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>An operation whose result at a step depends on earlier steps of the example, or on how many there were, and that can be
/// computed step by step, forward, in Float32, on the CPU.</summary>
internal interface IStepwiseOp
{
    /// <summary>Numbers that it keeps of each step for later ones.</summary>
    /// <exception cref="NotSupportedException">It looks at later steps.</exception>
    int NumbersOfStep { get; }

    /// <summary>The result at one step: inputs and outputs have a row of one example of one step.</summary>
    /// <param name="context">Memory, of a <see cref="CpuDevice"/>.</param>
    /// <param name="kept">What was kept of the steps before, and behind it room for this one: (step + 1) ·
    /// <see cref="NumbersOfStep"/>.</param>
    /// <param name="step">Steps before.</param>
    void ForwardStep(OpContext context, Span<float> kept, int step);
}
