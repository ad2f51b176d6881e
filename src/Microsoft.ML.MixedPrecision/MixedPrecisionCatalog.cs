using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Everything that this library adds to an <see cref="MLContext"/>; reached by <c>mlContext.MixedPrecision()</c>.</summary>
public sealed class MixedPrecisionCatalog
{
    internal MixedPrecisionCatalog(IHostEnvironment env)
    {
        Trainers = new MixedPrecisionTrainersCatalog(env);
        Transforms = new MixedPrecisionTransformsCatalog(env);
        Model = new MixedPrecisionModelCatalog(env);
        Diagnostics = new MixedPrecisionDiagnosticsCatalog(env);
    }

    /// <summary>Trainers.</summary>
    public MixedPrecisionTrainersCatalog Trainers { get; }

    /// <summary>Transforms.</summary>
    public MixedPrecisionTransformsCatalog Transforms { get; }

    /// <summary>Operations on fitted pipelines.</summary>
    public MixedPrecisionModelCatalog Model { get; }

    /// <summary>What the library would do, and why.</summary>
    public MixedPrecisionDiagnosticsCatalog Diagnostics { get; }
}
