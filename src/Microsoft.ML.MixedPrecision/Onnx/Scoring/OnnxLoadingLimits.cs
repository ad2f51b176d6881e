using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>The limits for ONNX files inside an ML.NET model that is being loaded, which no argument of ML.NET's loading can
/// carry.</summary>
internal static class OnnxLoadingLimits
{
    private static readonly AsyncLocal<OnnxModelLimits?> Chosen = new();

    /// <summary>Those of the call that this thread is in, else the defaults.</summary>
    public static OnnxModelLimits Current => Chosen.Value ?? new OnnxModelLimits();

    /// <summary>Loads with limits.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="load">Loads.</param>
    /// <exception cref="OnnxModelRefusedException">A file inside is refused.</exception>
    public static T Run<T>(OnnxModelLimits limits, Func<T> load)
    {
        var before = Chosen.Value;
        Chosen.Value = limits;
        try
        {
            return load();
        }
        catch (TargetInvocationException exception) when (exception.InnerException is OnnxModelRefusedException refusal)
        {
            // ML.NET makes what it loads by reflection.
            ExceptionDispatchInfo.Throw(refusal);
            throw;
        }
        finally
        {
            Chosen.Value = before;
        }
    }
}
