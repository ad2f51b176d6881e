using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// One operation of a plan. It knows its inputs, outputs, parameters and what it saves for backward; it has no state of its own between
/// calls, so that one list of operations can be run on any memory by any thread. What backward computes is settled when the plan is
/// finished.
/// </summary>
internal abstract partial class Op
{
    private (Parameter Parameter, GradientWrite Write)[] _writes = [];

    /// <summary>Creates an operation.</summary>
    /// <param name="name">Name of the layer it belongs to.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="outputs">What it writes.</param>
    protected Op(string name, ReadOnlySpan<Value> inputs, ReadOnlySpan<Value> outputs)
    {
        Name = name;
        Inputs = [.. inputs];
        Write(outputs);
    }

    /// <summary>Name of the layer it belongs to.</summary>
    public string Name { get; }

    /// <summary>What it reads. A value may stand here twice.</summary>
    public ImmutableArray<Value> Inputs { get; private set; }

    /// <summary>What it writes.</summary>
    public ImmutableArray<Value> Outputs { get; private set; }

    /// <summary>Whether it only measures what others compute, as a loss does: backward then begins with it, and no gradient comes
    /// in.</summary>
    public bool IsTerminal => Outputs.IsEmpty;

    /// <summary>Whether backward runs: some output needs a gradient, as a trained parameter lies here or before.</summary>
    public bool RunsBackward { get; private set; }

    /// <summary>The inputs whose gradients backward writes.</summary>
    public ImmutableArray<Value> GradientsWritten { get; private set; } = [];

    /// <summary>What it learns, in the order in which backward finishes the gradients.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];

    /// <summary>
    /// Those of the parameters whose gradients backward computes where they train; of the others it knows that they are 0.
    /// </summary>
    public virtual IReadOnlyList<Parameter> ParametersWithGradient => Parameters;

    /// <summary>Whether backward writes the gradients of all its parameters or of none, and in the same way.</summary>
    public virtual bool WritesGradientsTogether => false;

    /// <summary>What it learns without gradient.</summary>
    public virtual IReadOnlyList<LayerState> States => [];

    /// <summary>Those of the parameters that products read as matrices, so that scoring, where they do not change, packs them
    /// once.</summary>
    public virtual IEnumerable<Parameter> ProductWeights => [];

    /// <summary>Format in which the parameters are read.</summary>
    public virtual NumericFormat ParameterFormat => NumericFormat.Float32;

    /// <summary>Values besides the outputs that forward writes.</summary>
    public virtual IEnumerable<Value> Extras => [];

    /// <summary>What range probes watch: values of the network, in the order in which they are computed.</summary>
    public virtual IEnumerable<Value> Watched => Outputs.Where(output => output.AliasOf is null);

    /// <summary>Values that backward reads.</summary>
    public abstract IEnumerable<Value> Saved { get; }

    /// <summary>Values whose gradients backward reads.</summary>
    public virtual IEnumerable<Value> GradientsRead => Outputs;

    /// <summary>
    /// Whether an earlier operation of the plan stages the states too, so that this one begins with what that one has staged.
    /// </summary>
    protected bool StagesAgain { get; private set; }

    /// <summary>
    /// Whether another operation reads one of the parameters too, so that their gradients must be written in the order of the operations.
    /// </summary>
    protected bool SharesParameters { get; private set; }

    /// <summary>Bytes of working memory that the operation needs on a card.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="use">Of which kind.</param>
    public virtual long CudaScratchBytes(BatchSize batch, CudaScratchUse use) => 0;

    /// <summary>Bytes of working memory that a thread of the CPU needs for the operation, forward and backward.</summary>
    /// <param name="device">The device, since products are cut by its threads and vector width.</param>
    /// <param name="batch">The batch.</param>
    public virtual long CpuScratchBytes(CpuDevice device, BatchSize batch) => 0;

    /// <summary>Formats and the reason for them, one line of <c>Explain()</c>.</summary>
    public abstract OpExplanation Explain();

    /// <summary>Computes the outputs from the inputs.</summary>
    public abstract void Forward(OpContext context);

    /// <summary>
    /// Computes, from the gradients of the outputs, those of <see cref="GradientsWritten"/> and of the parameters that train.
    /// </summary>
    /// <param name="context">Memory.</param>
    /// <param name="accumulate">
    /// Whether this is a later micro-batch of the step, whose parameter gradients are added to what is there.
    /// </param>
    public abstract void Backward(OpContext context, bool accumulate);

    /// <summary>Appends the nodes that compute the outputs, and adds these to the values.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="values">What has been written so far.</param>
    public abstract void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values);

    /// <summary>
    /// Settles whether backward runs and which inputs' gradients it writes: what needs a gradient, the input's being known.
    /// </summary>
    /// <param name="trains">Whether a parameter of the operation trains.</param>
    public void SettleNeeds(bool trains)
    {
        RunsBackward = trains || Inputs.Any(input => input.NeedsGradient);
        GradientsWritten = [.. Inputs.Where((input, i) => input.NeedsGradient && WritesGradientOf(i))];
        foreach (Value output in Outputs)
        {
            output.NeedsGradient = RunsBackward;
        }
    }

    /// <summary>Settles what backward does to the parameters' gradients.</summary>
    /// <param name="writes">For each parameter.</param>
    /// <param name="shares">Whether another operation writes one of them too.</param>
    /// <param name="stagesAgain">See <see cref="StagesAgain"/>.</param>
    public void SettleWrites((Parameter Parameter, GradientWrite Write)[] writes, bool shares, bool stagesAgain)
        => (_writes, SharesParameters, StagesAgain) = (writes, shares, stagesAgain);

    /// <summary>Whether backward writes the gradient of an input that needs one.</summary>
    protected virtual bool WritesGradientOf(int input) => true;

    /// <summary>What backward does to a parameter's gradient.</summary>
    protected GradientWrite WriteOf(Parameter? parameter)
    {
        foreach ((Parameter settled, GradientWrite write) in _writes)
        {
            if (settled == parameter)
            {
                return write;
            }
        }

        return GradientWrite.None;
    }

    /// <summary>Writes these values from now on.</summary>
    protected void Write(ReadOnlySpan<Value> outputs)
    {
        Outputs = [.. outputs];
        foreach (Value output in outputs)
        {
            output.Producer = this;
        }
    }
}
