using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Checks what stands around the graph: versions, operator domains, metadata.</summary>
/// <param name="limits">The limits.</param>
internal sealed class FrameCheck(OnnxModelLimits limits)
{
    private const long LeastIrVersion = 3;
    private const long LeastOpset = 7;
    private const long MostMachineLearningOpset = 5;

    /// <summary>The only version of ONNX Runtime's own operators, which it assumes where a file names none: ML.NET's <c>ConvertToOnnx</c>
    /// does not.</summary>
    private const long RuntimeOpset = 1;

    /// <summary>Checks the frame, and takes out of it domains that no node uses.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The version of each domain.</returns>
    /// <exception cref="OnnxModelRefusedException">A version is not accepted, or the file sets options of ONNX Runtime.</exception>
    public Dictionary<string, long> Check(ModelProto model)
    {
        if (model.IrVersion is < LeastIrVersion || model.IrVersion > limits.MaxIrVersion)
        {
            throw Version(
                "the file format (ir_version)",
                model.IrVersion,
                LeastIrVersion,
                limits.MaxIrVersion,
                nameof(OnnxModelLimits.MaxIrVersion));
        }

        if (model.MetadataProps.Any(entry => entry.Key == OnnxModelFile.RuntimeOptionsKey))
        {
            throw Refusal.Because(
                $"its metadata '{OnnxModelFile.RuntimeOptionsKey}' change how ONNX Runtime runs it",
                "Remove that entry, and set options in the application.");
        }

        var used = model.Graph.Node.Select(node => OperatorTable.DomainOf(node.Domain)).Append("").ToHashSet();
        foreach (var unused in model.OpsetImport.Where(import => !used.Contains(OperatorTable.DomainOf(import.Domain))).ToArray())
        {
            model.OpsetImport.Remove(unused);
        }

        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var import in model.OpsetImport)
        {
            if (!versions.TryAdd(OperatorTable.DomainOf(import.Domain), import.Version))
            {
                throw Refusal.Damaged($"it names the operators of '{import.Domain}' twice");
            }

            CheckOpset(OperatorTable.DomainOf(import.Domain), import.Version);
        }

        versions.TryAdd(OnnxModelFile.RuntimeDomain, RuntimeOpset);
        return versions;
    }

    private void CheckOpset(string domain, long version)
    {
        if (domain.Length == 0 && (version < LeastOpset || version > limits.MaxOpset))
        {
            throw Version("the operators (opset)", version, LeastOpset, limits.MaxOpset, nameof(OnnxModelLimits.MaxOpset));
        }

        if (domain == OnnxGraphBuilder.MachineLearningDomain && version is < 1 or > MostMachineLearningOpset)
        {
            throw Refusal.Because(
                $"version {version} of the operators of {domain} is not known; 1 to {MostMachineLearningOpset} are",
                "Export the model for one of these.");
        }
    }

    private static OnnxModelRefusedException Version(string what, long version, long least, long most, string option)
        => Refusal.Because($"version {version} of {what} is not accepted; {least} to {most} are",
            $"Export the model for one of these, or raise {nameof(OnnxModelLimits)}.{option} if your ONNX Runtime knows it.");
}
