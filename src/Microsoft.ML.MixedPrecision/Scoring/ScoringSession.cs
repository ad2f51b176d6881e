using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>Memory for the forward pass of one thread: features and what else the network reads in, scores out.</summary>
internal sealed unsafe partial class ScoringSession : OpContext, IDisposable
{
    private readonly ScoringWeights _weights;
    private readonly ValueLayout _layout;
    private readonly Op[] _ops;
    private readonly ValueMemory _values;
    private readonly HostRows[] _inputs;
    private readonly HostRows _results;
    private readonly CardScoring? _card;
    private readonly Device _device;
    private readonly InputPreparation? _preparation;
    private readonly int _given;
    private BatchSize _examples;
    private int _rows;
    private bool _isDisposed;

    /// <summary>Lays out the forward pass in Float32.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights, where they are to be used.</param>
    /// <param name="maxRows">Rows of the largest batch.</param>
    /// <param name="card">Owner of the weights on a card that sessions share; null otherwise.</param>
    public ScoringSession(Network network, ScoringWeights weights, int maxRows, CardScoring? card = null)
        : this(network, weights, maxRows, weights.Device) => _card = card;

    /// <summary>Lays out the forward pass in Float32.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights, in memory that <paramref name="device"/> reaches and packed for its vectors.</param>
    /// <param name="maxRows">Rows of the largest batch.</param>
    /// <param name="device">Computes.</param>
    /// <param name="loss">What is measured of the outputs, on rows whose targets are brought too; null for nothing.</param>
    public ScoringSession(Network network, ScoringWeights weights, int maxRows, Device device, LossTerm? loss = null)
    {
        _device = device;
        (_preparation, _given) = (network.Preparation, network.ScoringInputs);
        _weights = weights;
        var plan = new NetworkPlan(network, new PlanBuilder(PrecisionPolicy.Float32, training: false), loss, isBehindBag: true);
        _ops = [.. plan.Builder.Ops];
        var largest = new BatchSize(maxRows, network.Tokens is { } tokens ? checked(maxRows * tokens.Rows) : 0);
        _layout = new ValueLayout(plan.Builder, plan.Features, plan.Output, largest);
        _tokens = network.Tokens is null ? null : new TokenRows(network.Tokens, maxRows);
        _values = new ValueMemory(device, _layout);
        MaxRows = maxRows;
        _examples = largest;
        _inputs = [.. _layout.Inputs.Select(read => new HostRows(device, IsNumbers(read) ? this[read].Bytes : Words(read).Bytes))];
        _results = new HostRows(device, this[plan.Output].Bytes);
    }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxRows { get; }

    /// <summary>What the host writes before a forward pass: the features, then what else the network reads.</summary>
    public IReadOnlyList<Value> Inputs => _layout.Inputs;

    /// <summary>Scores of a row.</summary>
    public int Outputs => _layout.Output.Shape.Rows * _layout.Output.Columns;

    /// <summary>Whether scores are the softmax of the network's outputs rather than the outputs.</summary>
    public bool Softmax { get; init; } = true;

    /// <inheritdoc/>
    public override Device Device => _device;

    /// <summary>
    /// Where the host writes the features of the next batch of <paramref name="rows"/> rows: (rows, columns), Float32; for
    /// <see cref="Run(int, Span{float})"/> as they were given, which are the first columns of a network that reads indicators of gaps
    /// besides.
    /// </summary>
    /// <remarks>A card always computes all <see cref="MaxRows"/> rows, the last ones of whatever was there, so that a row's result does not
    /// depend on how many others there are.</remarks>
    public Tensor Input(int rows)
    {
        if (_tokens is null)
        {
            return Numbers(_layout.Input.Name, rows);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        return _tokens.Input(rows);
    }

    /// <summary>Where the host writes an input that is numbers, as <see cref="Input"/> says: (rows · rows per example, columns),
    /// Float32.</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <exception cref="ArgumentException">The network reads no such numbers.</exception>
    public Tensor Numbers(string name, int rows)
    {
        Begin(rows);
        (Value value, HostRows host) = Find(name, isNumbers: true);
        return host.Of(this[value]) with { Rows = value.RowsOf(_examples with { Examples = rows }) };
    }

    /// <summary>Where the host writes an input that is words, as <see cref="Input"/> says: (rows · rows per example, columns).</summary>
    /// <param name="name">Name of the input.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <exception cref="ArgumentException">The network reads no such words.</exception>
    public Words Words(string name, int rows)
    {
        Begin(rows);
        (Value value, HostRows host) = Find(name, isNumbers: false);
        return host.Of(Words(value)) with { Rows = value.RowsOf(_examples with { Examples = rows }) };
    }

    /// <summary>What losses need: of a session that measures, set before <see cref="Forward"/>.</summary>
    public LossPlaces Measured { get; set; }

    /// <inheritdoc/>
    public override LossPlaces Losses => Measured;

    /// <inheritdoc/>
    public override Tensor this[Value value] => _values.Value(value, _examples);

    /// <inheritdoc/>
    public override Words Words(Value value) => _values.Words(value, _examples);

    /// <summary>Scores: the outputs, or their softmax.</summary>
    /// <param name="x">Features, rows × inputs, dense.</param>
    /// <param name="rows">Rows, at most <see cref="MaxRows"/>.</param>
    /// <param name="scores">Receives rows × outputs, dense.</param>
    public void Run(ReadOnlySpan<float> x, int rows, Span<float> scores)
    {
        Tensor input = Input(rows);
        for (int row = 0; row < rows; row++)
        {
            x.Slice(row * _given, _given).CopyTo(RowOf(input, row));
        }

        Run(rows, scores);
    }

    /// <summary>Scores of the first rows written to <see cref="Input"/>, which is rubbish afterwards.</summary>
    /// <param name="rows">How many rows; fewer than <see cref="Input"/> was called for at the end of the data.</param>
    /// <param name="scores">Receives rows × outputs, dense.</param>
    public void Run(int rows, Span<float> scores)
    {
        if (_tokens is null)
        {
            Prepare(Input(rows));
        }
        else
        {
            Pack(_tokens, rows);
        }

        if (_card is null)
        {
            Compute(rows, scores);
            return;
        }

        lock (_card.Gate)
        {
            Compute(rows, scores);
        }
    }

    /// <summary>A row of Float32 values in the host's memory, such as one of <see cref="Input"/>.</summary>
    public static Span<float> RowOf(Tensor tensor, int row) => new(tensor.Row(row), tensor.Columns);

    /// <summary>The outputs (rows, outputs), on the device, of the rows written to <see cref="Input"/>, which are prepared already; valid
    /// until the next call.</summary>
    public Tensor Forward()
    {
        EndRest();
        for (int i = 0; i < _inputs.Length; i++)
        {
            Send(_layout.Inputs[i], _inputs[i]);
        }

        BatchSize computed = _examples;
        foreach (Op op in _ops)
        {
            // Of the rows that a card computes too, nothing is measured.
            _examples = op.IsTerminal ? computed with { Examples = _rows } : computed;
            op.Forward(this);
        }

        _examples = computed;
        return this[_layout.Output];
    }

    /// <inheritdoc/>
    public override PackedOperand? Packed(Parameter weight) => _weights.Packed(weight);

    /// <inheritdoc/>
    public override Tensor Operand(Parameter parameter) => _weights.Operand(parameter);

    /// <inheritdoc/>
    public override StateTensors State(LayerState state) => new(_weights.State(state), default);

    /// <inheritdoc/>
    public override Tensor Gradient(Value value) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public override Tensor Gradient(Parameter parameter) => throw new InvalidOperationException("A forward pass has no gradients.");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _values.Dispose();
        foreach (HostRows input in _inputs)
        {
            input.Dispose();
        }

        _results.Dispose();
        _card?.Dispose();
    }

    private static bool IsNumbers(Value value) => value.Kind == ElementKind.Number;

    private void Send(Value input, HostRows host)
    {
        if (IsNumbers(input))
        {
            host.Send(this[input]);
        }
        else
        {
            host.Send(Words(input));
        }
    }

    /// <summary>The batch has so many rows.</summary>
    private void Begin(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        _rows = rows;
        _examples = new BatchSize(Device is CudaDevice ? MaxRows : rows, _steps);
    }

    private (Value Value, HostRows Host) Find(string name, bool isNumbers)
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            Value input = _layout.Inputs[i];
            if (input.Name == name && IsNumbers(input) == isNumbers)
            {
                return (input, _inputs[i]);
            }
        }

        IEnumerable<string> all = _layout.Inputs.Select(
            input => $"'{input.Name}': {SchemaColumn.Describe(input.Shape, input.Kind, input.Format)}");
        throw new ArgumentException($"The network reads no {(isNumbers ? "numbers" : "words")} '{name}'; it reads "
            + $"{string.Join("; ", all)}.", nameof(name));
    }

    /// <summary>The host prepares the rows, also those on their way to a card: the one place where what is scored is filled and
    /// scaled.</summary>
    private void Prepare(Tensor input)
    {
        for (int row = 0; row < input.Rows && _preparation is not null; row++)
        {
            Span<float> values = RowOf(input, row);
            _preparation.Apply(values[.._given], values);
        }
    }

    private void Compute(int rows, Span<float> scores)
    {
        Tensor logits = Forward();
        if (Softmax)
        {
            Microsoft.ML.MixedPrecision.Losses.Softmax.Run(Device, logits, logits);
        }

        _results.Fetch(logits);
        logits = _results.Of(logits);
        if (_layout.Output.Shape.IsSequence)
        {
            Unpack(logits, rows, scores);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            RowOf(logits, row).CopyTo(scores[(row * logits.Columns)..]);
        }
    }
}
