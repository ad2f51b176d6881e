namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>What a column of a <see cref="RowSchema"/> is to training.</summary>
internal enum RowRole
{
    /// <summary>The network reads it: features, token ids, bytes of an image.</summary>
    Input = 0,

    /// <summary>How many positions of an example are real, the others being padding. The network may read it too.</summary>
    Length,

    /// <summary>What the loss compares an output with: classes, or numbers.</summary>
    Target,

    /// <summary>What the loss multiplies an example's share by.</summary>
    Weight,
}
