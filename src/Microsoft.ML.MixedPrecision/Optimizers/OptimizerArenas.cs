using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>The arenas of all parameters in a graphics card's memory and what an update needs to know: <c>Arenas</c> of optimizer.cuh,
/// field by field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct OptimizerArenas
{
    /// <summary>Gradients, Float32, scaled.</summary>
    public nint Gradient { get; init; }

    /// <summary>Masters, Float32; 0 if no parameter has one.</summary>
    public nint Master { get; init; }

    /// <summary>16-bit weights; 0 if no parameter has such.</summary>
    public nint Shadow { get; init; }

    /// <summary>First moments or velocities, Float32; 0 if the optimizer keeps none.</summary>
    public nint First { get; init; }

    /// <summary>Second moments, Float32; 0 if the optimizer keeps none.</summary>
    public nint Second { get; init; }

    /// <summary><see cref="OptimizerRange"/>s in device memory, their chunks numbered.</summary>
    public nint Ranges { get; init; }

    /// <summary>Number of ranges.</summary>
    public long RangeCount { get; init; }

    /// <summary>The step's <see cref="StepScalars"/> in device memory.</summary>
    public nint Step { get; init; }

    /// <summary>An Int64 in device memory: increased by the number of 16-bit weights without master that a non-zero update left
    /// unchanged.</summary>
    public nint Lost { get; init; }
}
