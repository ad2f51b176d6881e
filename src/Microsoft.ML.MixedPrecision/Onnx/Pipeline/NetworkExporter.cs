using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Writes only the network of a fitted pipeline as an ONNX file, from its feature column on: for pipelines with steps that have no
/// ONNX form.</summary>
internal static class NetworkExporter
{
    /// <summary>Exports to a file, which is replaced only when the export has succeeded.</summary>
    /// <param name="env">The environment, for the log.</param>
    /// <param name="model">The network's transformer, or a chain with it.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no network of this library in <paramref name="model"/>, or several.</exception>
    /// <exception cref="NotSupportedException">The network of <paramref name="model"/> has no ONNX form.</exception>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, string path, OnnxExportOptions? options)
        => Export(model, (network, _) => OnnxExporter.Export(env, network, FeaturesOf(network), path, options));

    /// <summary>Exports to a stream, which stays open and to which nothing is written if the export fails.</summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, Stream stream, OnnxExportOptions? options)
        => Export(model, (network, _) => OnnxExporter.Export(env, network, FeaturesOf(network), stream, options));

    /// <summary>Exports to a file, and compares it with the network on all rows of the data, which the steps before the network are applied
    /// to.</summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, IDataView data, string path, OnnxExportOptions? options)
        => Export(model, (network, before) => OnnxExporter.Export(env, network, Apply(before, network, data), path, options));

    /// <summary>Exports to a stream, and compares what was written with the network on all rows of the data, which the steps before the
    /// network are applied to.</summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(
        IHostEnvironment env,
        ITransformer model,
        IDataView data,
        Stream stream,
        OnnxExportOptions? options)
        => Export(model, (network, before) => OnnxExporter.Export(env, network, Apply(before, network, data), stream, options));

    private static OnnxExportReport Export(
        ITransformer model,
        Func<ISingleFeaturePredictionTransformer<IExportedNetwork>, IEnumerable<ITransformer>, OnnxExportReport> export)
    {
        ArgumentNullException.ThrowIfNull(model);
        List<ITransformer> steps = [.. StepsOf(model)];
        var networks = steps.OfType<ISingleFeaturePredictionTransformer<IExportedNetwork>>().ToList();
        IEnumerable<object> meant = networks.Count == 0 ? steps : networks;
        if (networks.Count < 2 && meant.OfType<IWithoutOnnx>().Select(step => step.WithoutOnnx).FirstOrDefault() is { } reason)
        {
            throw new NotSupportedException(reason);
        }

        if (networks.Count == 0)
        {
            throw new ArgumentException($"There is no network of this library in the model, which is made of "
                + $"{string.Join(", ", steps.Select(step => step.GetType().Name))}; export it with {ExportNames.Pipeline}, or pass the "
                + $"transformer that an Mlp trainer fitted.", nameof(model));
        }

        if (networks.Count > 1)
        {
            throw new ArgumentException($"There are {networks.Count} networks in the model "
                + $"({string.Join(", ", networks.Select(network => $"{network.GetType().Name} of '{network.FeatureColumnName}'"))}); "
                + $"pass the transformer of the one that is wanted, for example the chain's LastTransformer.", nameof(model));
        }

        return export(networks[0], steps.Take(steps.IndexOf(networks[0])));
    }

    /// <summary>The steps of a chain, those of chains inside it too.</summary>
    private static IEnumerable<ITransformer> StepsOf(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(StepsOf) : [model];

    private static IDataView Apply(IEnumerable<ITransformer> steps, ITransformer network, IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if ((network as IMappedNetwork)?.MapperWithoutOnnx is { } mapper)
        {
            steps = steps.Append(mapper);
        }

        return steps.Aggregate(data, (view, step) => step.Transform(view));
    }

    private static DataViewSchema FeaturesOf(ISingleFeaturePredictionTransformer<IExportedNetwork> network)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(network.FeatureColumnName, network.FeatureColumnType);
        return builder.ToSchema();
    }
}
