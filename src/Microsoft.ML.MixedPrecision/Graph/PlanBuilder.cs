using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph.Passes;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// Records the list of operations that layers append through the plan methods beside the operations (<c>Ops/Matmul/Linear.Plan.cs</c> and
/// so on), and gives each one's formats out of the policy. <c>Ops/PlanFinish.cs</c> runs the passes over the list, which is complete before
/// the first step.
/// </summary>
internal sealed class PlanBuilder
{
    /// <summary>Name of <see cref="Ends"/>, and of the rows' column of lengths.</summary>
    public const string EndsName = "length";

    private readonly List<Op> _ops = [];
    private readonly List<PlannedFormat> _formats = [];
    private readonly Dictionary<string, int> _names = [];
    private Value? _output;

    /// <summary>Starts an empty list.</summary>
    /// <param name="policy">Decides formats; resolved, not <see cref="PrecisionPolicy.Auto"/>.</param>
    /// <param name="training">Whether backward follows, so that values are kept for it.</param>
    public PlanBuilder(PrecisionPolicy policy, bool training)
    {
        Policy = policy;
        Training = training;
    }

    /// <summary>Decides formats.</summary>
    public PrecisionPolicy Policy { get; }

    /// <summary>Whether backward follows.</summary>
    public bool Training { get; }

    /// <summary>Seed of the random numbers that operations draw.</summary>
    public int Seed { get; init; }

    /// <summary>Entries that a sparse row has at most, where the network reads such rows.</summary>
    public int LongestRow { get; init; } = 1;

    /// <summary>How the share of dropout changes with the committed steps; the default is constant.</summary>
    public RegularizationCourse Regularization { get; init; }

    /// <summary>Where each example's sequence ends, Int32 (N, 1), for the operations that look at whole examples; null where nothing in the
    /// plan is a sequence.</summary>
    public Value? Ends { get; set; }

    /// <summary>Parameters that do not train: no gradient is computed for them, nor for what lies before the first that trains.</summary>
    public IReadOnlySet<Parameter> Frozen { get; init; } = ImmutableHashSet<Parameter>.Empty;

    /// <summary>The operations in forward order.</summary>
    public IReadOnlyList<Op> Ops => _ops;

    /// <summary>What the policy was asked and answered, in the order of the layers.</summary>
    public IReadOnlyList<PlannedFormat> Formats => _formats;

    /// <summary>
    /// The parameters, each once: those that train, in the order in which backward finishes their gradients, then frozen ones. Empty before
    /// <see cref="Complete"/>.
    /// </summary>
    public IReadOnlyList<PlannedParameter> Parameters { get; private set; } = [];

    /// <summary>What operations learn without gradient, each once.</summary>
    public IEnumerable<LayerState> States => _ops.SelectMany(op => op.States).Distinct();

    /// <summary>What operations read and none writes, in the order in which it is read first.</summary>
    public IEnumerable<Value> Inputs => _ops.SelectMany(op => op.Inputs).Where(value => value.Producer is null).Distinct();

    /// <summary>The network's input (N, columns).</summary>
    public static Value Input(string name, int columns, NumericFormat format) => Input(name, Shape.Vector(columns), format);

    /// <summary>The network's input (N · rows, columns).</summary>
    public static Value Input(string name, Shape shape, NumericFormat format) => new(name, shape, format, format);

    /// <summary>Words that come with the rows: (N · rows, columns), such as token ids.</summary>
    public static Value Input(string name, Shape shape, ElementKind kind) => new(name, shape, kind);

    /// <summary>What an operation reads that looks at whole examples: the value, and the examples' ends where it is a sequence.</summary>
    /// <exception cref="InvalidOperationException">It is a sequence, of which nobody knows where examples end.</exception>
    public Value[] WithEnds(Value value) => !value.Shape.IsSequence ? [value]
        : Ends is { } ends ? [value, ends]
        : throw new InvalidOperationException($"'{value.Name}' is a sequence; say where its examples end ({nameof(Ends)}).");

    /// <summary>Asks the policy for an operation's format, and remembers the answer.</summary>
    public FormatDecision Decide(OperationKind kind, string name)
    {
        FormatDecision decision = Policy.Decide(kind, name);
        _formats.Add(new PlannedFormat(kind, name, decision.Format));
        return decision;
    }

    /// <summary>A value's name: the wished one, or with a number behind it where it is taken, as by a layer that is built twice.</summary>
    public string NameOf(string wish)
    {
        int count = _names[wish] = _names.GetValueOrDefault(wish) + 1;
        return count == 1 ? wish : $"{wish} ({count})";
    }

    /// <summary>Appends an operation.</summary>
    public void Add(Op op) => _ops.Add(op);

    /// <summary>Runs a pass over the operations, which may change their list.</summary>
    public void Apply(Action<List<Op>> pass) => pass(_ops);

    /// <summary>Marks what needs a gradient, anew after each change of the list.</summary>
    public void MarkNeeds() => GradientNeeds.Mark(_ops, Frozen);

    /// <summary>Ends the list, which does not change any more: settles what backward does to parameters and input gradients.</summary>
    /// <param name="output">The network's output.</param>
    /// <exception cref="NotSupportedException">Parameters are shared as they cannot be.</exception>
    public void Complete(Value output)
    {
        _output = output;
        if (Training)
        {
            MarkNeeds();
        }

        Parameters = ShareParameters.Run(_ops, Frozen);
        FoldGradients.Run(_ops);
    }

    /// <summary>Writes all operations into an ONNX graph.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="values">The network's inputs; receives what the operations make.</param>
    /// <returns>The network's output.</returns>
    /// <exception cref="InvalidOperationException">The plan is not finished.</exception>
    public OnnxValue WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        Value output = _output ?? throw new InvalidOperationException("The plan is not finished; call Finish first.");
        foreach (Op op in _ops)
        {
            op.WriteOnnx(writer, values);
        }

        return values[output];
    }
}
