using System.Reflection;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Puts the frame of an ONNX file around a graph.</summary>
internal static class OnnxModelFile
{
    /// <summary>The metadata key by which a file can set options of ONNX Runtime: never written.</summary>
    public const string RuntimeOptionsKey = "ort_config";

    /// <summary>Domain of ONNX Runtime's own operators.</summary>
    public const string RuntimeDomain = "com.microsoft";

    /// <summary>What a file of one piece can hold at most, by the protobuf format, with room for what is not weights.</summary>
    private const long LargestFile = int.MaxValue - (1 << 24);

    /// <summary>Makes a model of a graph.</summary>
    /// <param name="builder">Holds the graph.</param>
    /// <param name="documentation">What the model is, for a reader.</param>
    /// <param name="metadata">Keys and values to keep in the file, such as the precision policy.</param>
    /// <exception cref="ArgumentException">A key of <paramref name="metadata"/> is reserved.</exception>
    /// <exception cref="NotSupportedException">The weights are more than one file can hold.</exception>
    public static ModelProto Create(OnnxGraphBuilder builder, string documentation, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        GraphProto graph = builder.Graph;
        ThrowIfTooLarge(graph);
        var model = new ModelProto
        {
            IrVersion = builder.IrVersion,
            ProducerName = "Microsoft.ML.MixedPrecision",
            ProducerVersion = LibraryVersion(),
            DocString = documentation,
            Graph = graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = builder.Opset });
        if (graph.Node.Any(node => node.Domain == OnnxGraphBuilder.MachineLearningDomain))
        {
            model.OpsetImport.Add(
                new OperatorSetIdProto
                {
                    Domain = OnnxGraphBuilder.MachineLearningDomain,
                    Version = OnnxGraphBuilder.MachineLearningOpset,
                });
        }

        if (graph.Node.Any(node => node.Domain == RuntimeDomain))
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = RuntimeDomain, Version = 1 });
        }

        foreach (var (key, value) in metadata)
        {
            if (key == RuntimeOptionsKey)
            {
                throw new ArgumentException($"The metadata key '{key}' changes how ONNX Runtime runs a file and is never written; "
                    + $"choose another key.", nameof(metadata));
            }

            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        return model;
    }

    private static string LibraryVersion()
        => typeof(OnnxModelFile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? "";

    private static void ThrowIfTooLarge(GraphProto graph)
    {
        long bytes = graph.Initializer.Sum(tensor => (long)tensor.RawData.Length)
            + graph.Node.SelectMany(node => node.Attribute).Sum(attribute => (long)(attribute.T?.RawData.Length ?? 0));
        if (bytes > LargestFile)
        {
            throw new NotSupportedException($"The weights take {bytes} bytes; an ONNX file in one piece holds at most {LargestFile}. "
                + $"Export in Float16, or a smaller network.");
        }
    }
}
