using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>Gives operations the memory that a plan laid out, for the current number of examples.</summary>
internal abstract class OpContext
{
    /// <summary>Where the work runs.</summary>
    public abstract Device Device { get; }

    /// <summary>The memory of a value: (examples · rows per example, columns).</summary>
    public abstract Tensor this[Value value] { get; }

    /// <summary>The memory of a value that is no numbers: (examples · rows per example, columns).</summary>
    public abstract Words Words(Value value);

    /// <summary>The gradient with respect to a value, times the loss scale.</summary>
    public abstract Tensor Gradient(Value value);

    /// <summary>A parameter as an operand of its operation: the 16-bit shadow where the operation takes 16 bits, else the master.</summary>
    public abstract Tensor Operand(Parameter parameter);

    /// <summary>A parameter's gradient, Float32, times the loss scale.</summary>
    public abstract Tensor Gradient(Parameter parameter);

    /// <summary>Address of the <see cref="StepPosition"/> in the device's memory.</summary>
    /// <exception cref="InvalidOperationException">There is no step: a forward pass that scores.</exception>
    public virtual nint Position => throw new InvalidOperationException("Nothing is random in a forward pass that scores.");

    /// <summary>What losses need of the step.</summary>
    /// <exception cref="InvalidOperationException">Nothing is measured: a forward pass that scores.</exception>
    public virtual LossPlaces Losses => throw new InvalidOperationException("Nothing is measured in a forward pass that scores.");

    /// <summary>What a layer learns without gradient, Float32; nothing is staged in a forward pass that scores.</summary>
    /// <exception cref="InvalidOperationException">The context has no states.</exception>
    public virtual StateTensors State(LayerState state) => throw new InvalidOperationException($"'{state.Name}' has no memory here.");

    /// <summary>
    /// Begins work that nothing else of the backward pass waits for, such as a weight's gradient, so that a card may run it beside what
    /// follows
    /// until the result is disposed of; null where it runs in turn.
    /// </summary>
    public virtual IDisposable? BeginBranch() => null;

    /// <summary>A weight packed for products once, where it does not change (scoring); else null.</summary>
    public virtual PackedOperand? Packed(Parameter weight) => null;
}
