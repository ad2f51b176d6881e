using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// Where each value and each gradient of a list of operations lies in one arena. Time runs 0 … n−1 through forward and n+1 … 2n backward
/// through the operations n−1 … 0; n is when the host reads the output of a network that scores.
/// </summary>
internal sealed class ValueLayout
{
    /// <summary>Operations that a branch of the backward pass may run beside; its buffers live so much longer.</summary>
    public const int BranchDelay = 1;

    private readonly int _delay;
    private readonly Dictionary<Value, (int First, int Last)> _values = [];
    private readonly Dictionary<Value, (int First, int Last)> _gradients = [];
    private readonly Dictionary<Value, Value> _sharedGradients = [];
    private readonly Dictionary<Value, long> _valueOffsets = [];
    private readonly Dictionary<Value, long> _gradientOffsets = [];

    /// <summary>Lays out.</summary>
    /// <param name="plan">The finished list of operations.</param>
    /// <param name="input">The network's input: the features. What else operations read and none writes has memory too.</param>
    /// <param name="output">The network's output, which is kept until all operations have run forward.</param>
    /// <param name="batch">The largest batch.</param>
    /// <param name="branches">Whether an operation's backward pass may begin a branch.</param>
    public ValueLayout(PlanBuilder plan, Value input, Value output, BatchSize batch, bool branches = false)
    {
        _delay = branches ? BranchDelay : 0;
        Input = input;
        Output = output;
        Largest = batch;
        int count = plan.Ops.Count;
        Inputs = [.. plan.Inputs.Prepend(input).Distinct()];
        foreach (Value read in Inputs)
        {
            _values[read] = (-1, count);
        }

        for (int i = 0; i < count; i++)
        {
            Forward(plan.Ops[i], i);
        }

        Extend(output, count);
        for (int i = count - 1; plan.Training && i >= 0; i--)
        {
            Backward(plan.Ops[i], (2 * count) - i);
        }

        Bytes = Place();
    }

    /// <summary>The network's input: the features.</summary>
    public Value Input { get; }

    /// <summary>What comes with the rows: the features first, then what else operations read and none writes, such as targets and
    /// weights.</summary>
    public IReadOnlyList<Value> Inputs { get; }

    /// <summary>The network's output.</summary>
    public Value Output { get; }

    /// <summary>The largest batch.</summary>
    public BatchSize Largest { get; }

    /// <summary>Size of the arena.</summary>
    public long Bytes { get; }

    /// <summary>Every buffer with its size: the values', then the gradients', without those in another one's memory.</summary>
    public IEnumerable<(Value Value, bool OfGradient, long Bytes)> Buffers
        => _values.Keys.Select(value => (value, false, BytesOf(value, value.Format)))
            .Concat(_gradients.Keys.Select(value => (value, true, BytesOf(value, value.GradientFormat))));

    /// <summary>The memory of a value in an arena at <paramref name="arena"/>.</summary>
    public Tensor Value(Value value, nint arena, BatchSize batch)
        => View(value, value.Format, arena + (nint)_valueOffsets[value.Root], batch);

    /// <summary>The memory of a value of words in an arena at <paramref name="arena"/>.</summary>
    public Words Words(Value value, nint arena, BatchSize batch)
        => WordsOf(value, arena + (nint)_valueOffsets[value.Root], batch);

    /// <summary>The memory of a value's gradient in an arena at <paramref name="arena"/>.</summary>
    public Tensor Gradient(Value value, nint arena, BatchSize batch)
        => View(value, value.GradientFormat, arena + (nint)_gradientOffsets[GradientRoot(value)], batch);

    /// <summary>A matrix of a batch of a value.</summary>
    public static Tensor View(Value value, NumericFormat format, nint address, BatchSize batch)
        => new(address, format, value.RowsOf(batch), value.Columns, Tensor.PitchOf(value.Columns, format));

    /// <summary>The words of a batch of a value.</summary>
    public static Words WordsOf(Value value, nint address, BatchSize batch)
        => new(address, value.Kind, value.RowsOf(batch), value.Columns);

    private long BytesOf(Value value, NumericFormat format) => value.Kind == ElementKind.Number
        ? View(value, format, 0, Largest).Bytes
        : WordsOf(value, 0, Largest).Bytes;

    private void Forward(Op op, int time)
    {
        foreach (Value read in op.Inputs)
        {
            Extend(read, time);
        }

        foreach (Value written in op.Outputs.Where(output => output.AliasOf is null).Concat(op.Extras))
        {
            _values[written] = (time, time);
        }
    }

    private void Backward(Op op, int time)
    {
        if (!op.RunsBackward)
        {
            return;
        }

        foreach (Value read in op.GradientsRead.Select(GradientRoot))
        {
            _gradients[read] = _gradients.TryGetValue(read, out (int First, int Last) written)
                ? (written.First, time + _delay)
                : throw new InvalidOperationException($"Nothing writes the gradient of '{read.Name}': end the list with a loss.");
        }

        // A loss computes no parameter's gradient, which is all that branches do.
        int last = op.IsTerminal ? time : time + _delay;
        foreach (Value saved in op.Saved)
        {
            Extend(saved, last);
        }

        foreach (Value written in op.GradientsWritten)
        {
            if (op.SharedGradient(written) is { } shared)
            {
                _sharedGradients.Add(written, GradientRoot(shared));
            }
            else
            {
                _gradients.Add(written, (time, time));
            }
        }
    }

    /// <summary>The value in whose gradient's memory a value's gradient lies.</summary>
    private Value GradientRoot(Value value) => _sharedGradients.GetValueOrDefault(value, value);

    private void Extend(Value value, int time)
    {
        (int first, int last) = _values[value.Root];
        _values[value.Root] = (first, Math.Max(last, time));
    }

    private long Place()
    {
        var requests = new List<BufferRequest>();
        requests.AddRange(_values.Select(pair => Request(pair.Key, pair.Key.Format, pair.Value)));
        requests.AddRange(_gradients.Select(pair => Request(pair.Key, pair.Key.GradientFormat, pair.Value)));
        long[] offsets = MemoryLayout.Place(requests, out long total);
        int next = 0;
        foreach (Value value in _values.Keys)
        {
            _valueOffsets[value] = offsets[next++];
        }

        foreach (Value value in _gradients.Keys)
        {
            _gradientOffsets[value] = offsets[next++];
        }

        return total;
    }

    private BufferRequest Request(Value value, NumericFormat format, (int First, int Last) lifetime)
        => new(BytesOf(value, format), lifetime.First, lifetime.Last);
}
