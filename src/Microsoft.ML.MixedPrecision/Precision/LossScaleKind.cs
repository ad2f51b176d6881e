namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>Which update a <see cref="LossScaleState"/> makes.</summary>
internal enum LossScaleKind
{
    /// <summary>No scaling: the scale is 1.</summary>
    None = 0,

    /// <summary>A fixed scale.</summary>
    Static = 1,

    /// <summary>A scale still to be found by probe steps, after which the kind is <see cref="Dynamic"/> without growth: see
    /// <see cref="LossScaleRule.Measured(float)"/>.</summary>
    Measured = 2,

    /// <summary>Grows after good steps in a row, backs off on overflow: ours, PyTorch's, Keras's and Apex's.</summary>
    Dynamic = 3,

    /// <summary>DeepSpeed's, which counts steps since the last overflow and keeps its hysteresis used up.</summary>
    DeepSpeed = 4,
}
