namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>Where the losses of a step find what they need of it and leave what they find: addresses in the device's memory, the same on
/// either engine, so that nothing of a step is baked into its operations.</summary>
internal readonly record struct LossPlaces
{
    /// <summary>All values that a step has met are finite.</summary>
    public const int AllFinite = -1;

    /// <summary>The loss is not finite.</summary>
    public const int LossNotFinite = -2;

    /// <summary>A logit is not finite.</summary>
    public const int LogitNotFinite = -3;

    /// <summary>The loss scale, Float32.</summary>
    public nint Scale { get; init; }

    /// <summary>Labelled positions of the whole step, Int32: what its losses are divided by.</summary>
    public nint Positions { get; init; }

    /// <summary>The step's loss, binary64: 0 where a step begins; every loss of every micro-batch adds to it.</summary>
    public nint Loss { get; init; }

    /// <summary>Where <see cref="AllFinite"/> stands, receives one of the other numbers, Int32; or 0.</summary>
    public nint FirstNonFinite { get; init; }

    /// <summary>Receives the right answers of the loss that runs last, Int32; or 0.</summary>
    public nint Correct { get; init; }
}
