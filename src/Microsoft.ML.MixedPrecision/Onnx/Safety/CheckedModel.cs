using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>A model within its limits: what ONNX Runtime may see. Safe for many threads.</summary>
internal sealed class CheckedModel
{
    private readonly ModelProto _model;
    private readonly OnnxModelLimits _limits;
    private readonly Dictionary<string, long> _opsets;
    private readonly ConcurrentDictionary<int, bool> _checkedBatches = new();

    /// <summary>Follows the shapes of a model and finds its inputs and outputs.</summary>
    /// <param name="model">A model whose graph <see cref="GraphCheck"/> accepts.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="opsets">The version of each domain.</param>
    /// <param name="batchSize">Rows of a batch, where the model does not fix them.</param>
    /// <exception cref="OnnxModelRefusedException">A value would be above a limit, or an input or output has no batch
    /// dimension.</exception>
    public CheckedModel(ModelProto model, OnnxModelLimits limits, Dictionary<string, long> opsets, int batchSize)
    {
        (_model, _limits, _opsets) = (model, limits, opsets);
        (Inputs, FixedBatch) = ModelInputs.Of(model.Graph);
        BatchSize = FixedBatch ?? batchSize;
        var sizes = Infer(BatchSize);
        WorkingBytes = sizes.WorkingBytes;
        var others = FixedBatch is null ? Infer(BatchSize == 1 ? 2 : 1) : null;
        Outputs = ModelOutputs.Of(model.Graph.Output, BatchSize, sizes, others);
    }

    /// <summary>What it reads.</summary>
    public IReadOnlyList<ModelPort> Inputs { get; }

    /// <summary>What it makes of rows.</summary>
    public IReadOnlyList<ModelPort> Outputs { get; }

    /// <summary>The number of rows that the model fixes; null if it takes any.</summary>
    public int? FixedBatch { get; }

    /// <summary>Rows of a batch.</summary>
    public int BatchSize { get; }

    /// <summary>The bound of the memory of all values in a batch of <see cref="BatchSize"/> rows.</summary>
    public long WorkingBytes { get; }

    /// <summary>Its nodes.</summary>
    public int Nodes => _model.Graph.Node.Count;

    /// <summary>Checks the limits for another batch size: shapes may be computed from the number of rows in any way.</summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <exception cref="OnnxModelRefusedException">A value would be above a limit.</exception>
    public void CheckBatch(int rows)
    {
        if (_checkedBatches.ContainsKey(rows))
        {
            return;
        }

        using var culture = new InvariantCultureScope();
        Infer(rows);
    }

    /// <summary>
    /// The file, written anew from what was checked: no reader can take it for anything else. Declarations of inner values, which ONNX
    /// Runtime finds out itself, are left out.
    /// </summary>
    public byte[] ToBytes() => _model.ToByteArray();

    private SizeInference Infer(int rows)
    {
        var inference = new SizeInference(_limits, _opsets);
        inference.Run(_model.Graph, Inputs, rows);
        _checkedBatches[rows] = true;
        return inference;
    }
}
