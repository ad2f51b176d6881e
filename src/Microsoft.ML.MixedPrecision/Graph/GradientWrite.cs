namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>What an operation's backward pass does to the gradient of a parameter that it reads.</summary>
internal enum GradientWrite
{
    /// <summary>Nothing: the parameter is frozen, or its gradient here is known to be 0.</summary>
    None = 0,

    /// <summary>Overwrites it; adds to it in a later micro-batch of the step.</summary>
    Overwrite,

    /// <summary>Adds to it in any micro-batch: another operation, whose backward pass comes before, reads the parameter too.</summary>
    Add,
}
