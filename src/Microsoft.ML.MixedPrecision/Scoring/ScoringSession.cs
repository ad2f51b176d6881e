using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>Memory for the forward pass of one thread: features in, scores out.</summary>
internal sealed unsafe class ScoringSession : OpContext, IDisposable
{
    private readonly ScoringWeights _weights;
    private readonly ValueLayout _layout;
    private readonly PlanBuilder _plan;
    private readonly ValueMemory _values;
    private readonly HostRows _features;
    private readonly HostRows _results;
    private readonly CardScoring? _card;
    private readonly Device _device;
    private readonly FeatureScaler? _scaling;
    private int _examples;
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
    public ScoringSession(Network network, ScoringWeights weights, int maxRows, Device device)
    {
        _device = device;
        _scaling = network.Scaling;
        _weights = weights;
        _plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        Value input = network.Input(NumericFormat.Float32);
        Value logits = _plan.Finish(network.Body.Build(_plan, input));
        _layout = new ValueLayout(_plan, input, logits, maxRows);
        _values = new ValueMemory(device, _layout);
        MaxRows = maxRows;
        _examples = maxRows;
        _features = new HostRows(device, this[input].Bytes);
        _results = new HostRows(device, this[logits].Bytes);
    }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxRows { get; }

    /// <summary>Scores of a row.</summary>
    public int Outputs => _layout.Logits.Columns;

    /// <summary>Whether scores are the softmax of the network's outputs rather than the outputs.</summary>
    public bool Softmax { get; init; } = true;

    /// <inheritdoc/>
    public override Device Device => _device;

    /// <summary>Where the host writes the features of the next batch of <paramref name="rows"/> rows: (rows, inputs), Float32.</summary>
    /// <remarks>A card always computes all <see cref="MaxRows"/> rows, the last ones of whatever was there, so that a row's result does not
    /// depend on how many others there are.</remarks>
    public Tensor Input(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        _examples = Device is CudaDevice ? MaxRows : rows;
        return _features.Of(this[_layout.Input]) with { Rows = rows };
    }

    /// <inheritdoc/>
    public override Tensor this[Value value] => _values.Value(value, _examples);

    /// <summary>Scores: the outputs, or their softmax.</summary>
    /// <param name="x">Features, rows × inputs, dense.</param>
    /// <param name="rows">Rows, at most <see cref="MaxRows"/>.</param>
    /// <param name="scores">Receives rows × outputs, dense.</param>
    public void Run(ReadOnlySpan<float> x, int rows, Span<float> scores)
    {
        Tensor input = Input(rows);
        for (int row = 0; row < rows; row++)
        {
            x.Slice(row * input.Columns, input.Columns).CopyTo(RowOf(input, row));
        }

        Run(rows, scores);
    }

    /// <summary>Scores of the first rows written to <see cref="Input"/>, which is rubbish afterwards.</summary>
    /// <param name="rows">How many rows; fewer than <see cref="Input"/> was called for at the end of the data.</param>
    /// <param name="scores">Receives rows × outputs, dense.</param>
    public void Run(int rows, Span<float> scores)
    {
        Scale(Input(rows));
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

    /// <summary>The outputs (rows, outputs), on the device, of the rows written to <see cref="Input"/>, which are scaled already; valid
    /// until the next call.</summary>
    public Tensor Forward()
    {
        _features.Send(this[_layout.Input]);
        foreach (Op op in _plan.Ops)
        {
            op.Forward(this);
        }

        return this[_layout.Logits];
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
        _features.Dispose();
        _results.Dispose();
        _card?.Dispose();
    }

    /// <summary>The host scales the rows, also those on their way to a card: the one place where what is scored is scaled.</summary>
    private void Scale(Tensor input)
    {
        for (int row = 0; row < input.Rows && _scaling is not null; row++)
        {
            _scaling.Scale(RowOf(input, row), RowOf(input, row));
        }
    }

    private void Compute(int rows, Span<float> scores)
    {
        Tensor logits = Forward();
        if (Softmax)
        {
            Losses.Softmax.Run(Device, logits, logits);
        }

        _results.Fetch(logits);
        logits = _results.Of(logits);
        for (int row = 0; row < rows; row++)
        {
            RowOf(logits, row).CopyTo(scores[(row * logits.Columns)..]);
        }
    }
}
