using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Everything that this library adds to an <see cref="MLContext"/>; reached by <c>mlContext.MixedPrecision()</c>.</summary>
/// <remarks>
/// This library needs no reflection of its own, but ML.NET does:
/// <list type="table">
/// <listheader><term>program</term><description>what works</description></listheader>
/// <item><term><c>dotnet run app.cs</c></term><description>training, saving, loading, export to ONNX. ML.NET's <c>LoadFromEnumerable</c>
/// and <c>CreatePredictionEngine</c> make code at run
/// time and throw a <see cref="PlatformNotSupportedException"/>; the line <c>#:property PublishAot=false</c> at the top of the file lets
/// them</description></item>
/// <item><term><c>PublishTrimmed</c></term><description>with <c>TrimMode</c> <c>partial</c> as without trimming; by default ML.NET no
/// longer finds the properties of classes of rows
/// (<c>LoadFromTextFile</c>: "Should define at least one public, readable field or property")</description></item>
/// <item><term><c>PublishAot</c></term><description>not possible, for the same reasons</description></item>
/// </list>
/// </remarks>
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
