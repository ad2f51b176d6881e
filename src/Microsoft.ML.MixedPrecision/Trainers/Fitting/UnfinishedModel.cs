namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The model of a training that failed, which travels with the exception.</summary>
internal static class UnfinishedModel
{
    private const string Key = "Microsoft.ML.MixedPrecision.UnfinishedModel";

    /// <summary>Lets a model travel with an exception that a run travels with.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="model">The model.</param>
    public static void Attach(Exception error, ITransformer model) => error.Data[Key] = model;

    /// <summary>The model that travels with an exception itself; null for none.</summary>
    /// <param name="error">The exception.</param>
    public static ITransformer? Of(Exception error) => error.Data?[Key] as ITransformer;

    /// <summary>An exception, what caused it, and so on; of several causes all.</summary>
    /// <param name="error">The exception.</param>
    public static IEnumerable<Exception> Chain(Exception error)
    {
        IEnumerable<Exception> causes = error switch
        {
            AggregateException many => many.InnerExceptions,
            { InnerException: { } inner } => [inner],
            _ => [],
        };
        return causes.SelectMany(Chain).Prepend(error);
    }
}
