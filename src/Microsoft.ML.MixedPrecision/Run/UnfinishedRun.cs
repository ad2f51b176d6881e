using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>What a run had learned before an exception ended it, and travels with that. The exception stays the one that was thrown, so
/// that whoever catches its type catches it.</summary>
/// <param name="Result">What had happened.</param>
/// <param name="Network">The network with the weights so far; null where they are not kept.</param>
/// <param name="IsCanceled">Whether somebody cancelled the run.</param>
internal sealed record UnfinishedRun(TrainingResult Result, Network? Network, bool IsCanceled)
{
    private const string Key = "Microsoft.ML.MixedPrecision.UnfinishedRun";

    /// <summary>Lets a run travel with an exception.</summary>
    /// <param name="error">The exception; one that takes nothing along stays as it is.</param>
    /// <param name="run">The run.</param>
    public static void Attach(Exception error, UnfinishedRun run)
    {
        if (error.Data is { IsReadOnly: false } data)
        {
            data[Key] = run;
        }
    }

    /// <summary>Takes away the run that an exception brought along from another fit, which threw it before.</summary>
    /// <param name="error">The exception.</param>
    public static void Detach(Exception error)
    {
        if (Of(error) is not null)
        {
            error.Data.Remove(Key);
        }
    }

    /// <summary>The run that travels with an exception itself; null for none.</summary>
    /// <param name="error">The exception.</param>
    public static UnfinishedRun? Of(Exception error) => error.Data?[Key] as UnfinishedRun;

    /// <summary>For logs, which print what an exception carries.</summary>
    public override string ToString() => $"{Result.StopReason}; {Result}";
}
