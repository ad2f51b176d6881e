namespace Microsoft.ML.MixedPrecision.Graph;

/// <content>What the passes over a plan's list ask of an operation: each is no unless an operation says otherwise.</content>
internal abstract partial class Op
{
    /// <summary>Whether it rounds its result to whatever format the output has, so that it can store Float32 for the loss.</summary>
    public virtual bool StoresAnyFormat => false;

    /// <summary>Whether it reads numbers in Float32 alone, as losses do: a product before it stores them so.</summary>
    public virtual bool ReadsFloat32 => IsTerminal;

    /// <summary>Whether a vector that is added to every row of its input, such as a bias, changes nothing in its outputs.</summary>
    public virtual bool TakesBiasOut => false;

    /// <summary>
    /// The value whose gradient is, as it stands, this operation's share of the gradient of one of its inputs, and stays so until that
    /// input's producer runs backward; null where the share is computed.
    /// </summary>
    /// <param name="input">Number of the input.</param>
    public virtual Value? PassedOn(int input) => null;

    /// <summary>Leaves the share of an input's gradient to a fork, which reads <see cref="PassedOn"/>.</summary>
    /// <param name="input">Number of the input.</param>
    public virtual void LeaveShare(int input) => throw new InvalidOperationException($"'{Name}' passes no gradient on.");

    /// <summary>Whether backward leaves the gradients of its outputs as it finds them.</summary>
    public virtual bool KeepsGradients => false;

    /// <summary>
    /// The value whose gradient is, as it stands, the gradient of an input, which then has that one's memory and is not written; null where
    /// it has memory of its own.
    /// </summary>
    /// <param name="input">An input whose gradient backward writes.</param>
    public virtual Value? SharedGradient(Value input) => null;

    /// <summary>Reads another value with the same elements instead of an input.</summary>
    /// <param name="input">Number of the input.</param>
    /// <param name="value">The value, an alias of the input.</param>
    public virtual void ReadInstead(int input, Value value) => Inputs = Inputs.SetItem(input, value);

    /// <summary>
    /// Takes over the operation behind it, which alone reads its output and stores its result in the same format: this operation then
    /// writes that result.
    /// </summary>
    /// <param name="next">The operation behind it, which leaves the list if it is taken over.</param>
    /// <returns>Whether it was.</returns>
    public virtual bool TryFuse(UnaryOp next) => false;

    /// <summary>
    /// Applies, where it can, the derivative of what <paramref name="producer"/> has fused to its input's gradient, before the one
    /// rounding, so that the producer finds it done.
    /// </summary>
    /// <param name="producer">The operation whose output is this one's input and needs a gradient.</param>
    public virtual void FoldGradientOf(Op producer)
    {
    }

    /// <summary>Leaves its bias, if it has one, as it is: what alone reads its output takes it out again.</summary>
    public virtual void LeaveBias()
    {
    }
}
