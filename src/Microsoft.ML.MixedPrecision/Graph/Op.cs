using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>What a call of <see cref="Op.Backward"/> is asked for.</summary>
[Flags]
internal enum BackwardWants
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The gradient with respect to the input.</summary>
    InputGradient = 1,

    /// <summary>The gradients of the parameters.</summary>
    ParameterGradients = 2,

    /// <summary>Add the parameters' gradients to what is there (a later micro-batch) instead of overwriting it.</summary>
    Accumulate = 4,
}

/// <summary>
/// One operation of a plan. It knows its input, output, parameters and what it saves for backward; it has no state of its own between calls,
/// so that one list of operations can be run on any memory by any thread.
/// </summary>
internal abstract class Op
{
    /// <summary>Creates an operation.</summary>
    protected Op(string name, Value input, Value output)
    {
        Name = name;
        Input = input;
        Output = output;
        output.Producer = this;
    }

    /// <summary>Name of the layer it belongs to.</summary>
    public string Name { get; }

    /// <summary>What it reads.</summary>
    public Value Input { get; }

    /// <summary>What it writes.</summary>
    public Value Output { get; protected set; }

    /// <summary>What it learns, in the order in which backward finishes the gradients.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];

    /// <summary>What it learns without gradient.</summary>
    public virtual IReadOnlyList<LayerState> States => [];

    /// <summary>Those of the parameters that products read as matrices, so that scoring, where they do not change, packs them once.</summary>
    public virtual IEnumerable<Parameter> ProductWeights => [];

    /// <summary>Format in which the parameters are read.</summary>
    public virtual NumericFormat ParameterFormat => NumericFormat.Float32;

    /// <summary>Values that forward reads.</summary>
    public virtual IEnumerable<Value> Read => [Input];

    /// <summary>Values besides the output that forward writes.</summary>
    public virtual IEnumerable<Value> Extras => [];

    /// <summary>What range probes watch: values of the network, in the order in which they are computed.</summary>
    public virtual IEnumerable<Value> Watched => Output.AliasOf is null ? [Output] : [];

    /// <summary>Values that backward reads.</summary>
    public abstract IEnumerable<Value> Saved { get; }

    /// <summary>Values whose gradients backward reads.</summary>
    public virtual IEnumerable<Value> GradientsRead => [Output];

    /// <summary>Bytes of working memory that the operation needs on a card.</summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="use">Of which kind.</param>
    public virtual long CudaScratchBytes(int rows, CudaScratchUse use) => 0;

    /// <summary>Bytes of working memory that a thread of the CPU needs for the operation, forward and backward.</summary>
    /// <param name="device">The device, since products are cut by its threads and vector width.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="wantsInputGradient">Whether backward computes the gradient of the input too.</param>
    public virtual long CpuScratchBytes(CpuDevice device, int rows, bool wantsInputGradient) => 0;

    /// <summary>Formats and the reason for them, one line of <c>Explain()</c>.</summary>
    public abstract OpExplanation Explain();

    /// <summary>Computes the output from the input.</summary>
    public abstract void Forward(OpContext context);

    /// <summary>Computes the wanted gradients from the gradient of the output.</summary>
    public abstract void Backward(OpContext context, BackwardWants wants);

    /// <summary>Appends the nodes that compute the output.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="values">What has been written so far.</param>
    /// <returns>The output.</returns>
    public abstract OnnxValue WriteOnnx(OnnxNetworkWriter writer, IReadOnlyDictionary<Value, OnnxValue> values);
}
