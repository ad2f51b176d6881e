namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>What the exports are called by who uses them, for messages: the catalog stands above and cannot be named here.</summary>
internal static class ExportNames
{
    /// <summary>The export of a fitted pipeline.</summary>
    public const string Pipeline = "Model.ExportToOnnx";

    /// <summary>The export of a network alone.</summary>
    public const string Network = "Model.ExportNetworkToOnnx";
}
