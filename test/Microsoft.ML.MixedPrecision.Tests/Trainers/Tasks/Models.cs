using System.Collections.Concurrent;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>One fitted pipeline a task, for tests that only use it.</summary>
internal static class Models
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly ConcurrentDictionary<TrainerCase, Lazy<ITransformer>> Fitted = [];

    /// <summary>Rows that the models were fitted on.</summary>
    public static IDataView Train { get; } = Ml.Data.LoadFromEnumerable(Sample.Rows(400));

    /// <summary>The model of a task; nobody may change it.</summary>
    public static ITransformer Of(TrainerCase task)
        => Fitted.GetOrAdd(
            task,
            key => new(() => key.Pipeline(Ml, options => options.Precision = PrecisionPolicy.MixedFloat16).Fit(Train))).Value;

    /// <summary>A model as a file.</summary>
    public static byte[] Save(ITransformer model, DataViewSchema? schema = null)
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(model, schema ?? Train.Schema, stream);
        return stream.ToArray();
    }

    /// <summary>A file as a model.</summary>
    public static ITransformer Load(byte[] file, MLContext? ml = null)
    {
        using var stream = new MemoryStream(file, writable: false);
        return (ml ?? new MLContext()).Model.Load(stream, out _);
    }
}
