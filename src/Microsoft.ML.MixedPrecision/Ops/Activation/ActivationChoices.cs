namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>An activation as a type argument: a loop over it is compiled for one activation, and only if that one is used.</summary>
internal interface IActivationChoice
{
    /// <summary>The activation.</summary>
    static abstract ActivationKind Kind { get; }
}

/// <summary>The choices, one for each <see cref="ActivationKind"/>.</summary>
internal static class ActivationChoices
{
    /// <summary><see cref="ActivationKind.None"/>.</summary>
    public readonly struct None : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.None;
    }

    /// <summary><see cref="ActivationKind.Relu"/>.</summary>
    public readonly struct Relu : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Relu;
    }

    /// <summary><see cref="ActivationKind.Gelu"/>.</summary>
    public readonly struct Gelu : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Gelu;
    }

    /// <summary><see cref="ActivationKind.GeluErf"/>.</summary>
    public readonly struct GeluErf : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.GeluErf;
    }

    /// <summary><see cref="ActivationKind.Silu"/>.</summary>
    public readonly struct Silu : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Silu;
    }

    /// <summary><see cref="ActivationKind.Tanh"/>.</summary>
    public readonly struct Tanh : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Tanh;
    }

    /// <summary><see cref="ActivationKind.Mish"/>.</summary>
    public readonly struct Mish : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Mish;
    }

    /// <summary><see cref="ActivationKind.Selu"/>.</summary>
    public readonly struct Selu : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Selu;
    }

    /// <summary><see cref="ActivationKind.Sigmoid"/>.</summary>
    public readonly struct Sigmoid : IActivationChoice
    {
        /// <inheritdoc/>
        public static ActivationKind Kind => ActivationKind.Sigmoid;
    }
}
