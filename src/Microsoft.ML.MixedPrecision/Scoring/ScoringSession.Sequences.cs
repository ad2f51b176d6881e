using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <content>Sequences, each as long as it is.</content>
internal sealed unsafe partial class ScoringSession
{
    private const int StepSizes = 16;

    private readonly TokenRows? _tokens;
    private int _steps;

    /// <summary>Says how many steps the sequences of the next batch have together, before anything of it is written.</summary>
    /// <param name="steps">Steps; at least 1. A card computes a multiple of a sixteenth of the most that there can be, so that there are
    /// few sizes, each of which it makes ready when it comes first.</param>
    public void SetSteps(int steps)
    {
        int most = _layout.Largest.Steps, unit = Math.Max(1, most / StepSizes);
        _steps = Device is CudaDevice ? (int)Math.Min(most, ((long)steps + unit - 1) / unit * unit) : steps;
    }

    /// <summary>The outputs at each step of rows of ids, one row's steps behind the other's, in the host's memory; valid until the next
    /// call.</summary>
    /// <param name="rows">At least one and at most <see cref="MaxRows"/>, each of ids of the vocabulary.</param>
    public Tensor StepOutputs(IReadOnlyList<int[]> rows)
    {
        SetSteps(Math.Max(1, rows.Sum(row => row.Length)));
        Span<int> ids = Words(_layout.Input.Name, rows.Count).Span<int>(), ends = Words(RowSchema.Length, rows.Count).Span<int>();
        int end = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            rows[row].CopyTo(ids[end..]);
            ends[row] = end += rows[row].Length;
        }

        ids[end..].Clear();
        if (_card is null)
        {
            return Fetched();
        }

        lock (_card.Gate)
        {
            return Fetched();
        }
    }

    private Tensor Fetched()
    {
        Tensor outputs = Forward();
        _results.Fetch(outputs);
        return _results.Of(outputs);
    }

    /// <summary>The rows that a card computes besides have no steps, whatever the batch before had left there.</summary>
    private void EndRest()
    {
        if (_tokens is null || _examples.Examples == _rows)
        {
            return;
        }

        (Value value, HostRows host) = Find(RowSchema.Length, isNumbers: false);
        Span<int> ends = host.Of(Words(value)).Span<int>();
        ends[_rows..].Fill(_rows == 0 ? 0 : ends[_rows - 1]);
    }

    /// <summary>Steps that lie one behind the other to where each row has room for as many as it may have: behind its last,
    /// zeros.</summary>
    private void Unpack(Tensor packed, int rows, Span<float> scores)
    {
        int step = 0;
        for (int row = 0; row < rows; row++)
        {
            Span<float> of = scores.Slice(row * Outputs, Outputs);
            int length = _tokens!.StepsOf(row);
            for (int i = 0; i < length; i++)
            {
                RowOf(packed, step++).CopyTo(of[(i * packed.Columns)..]);
            }

            of[(length * packed.Columns)..].Clear();
        }
    }

    /// <summary>Brings ids that were written as numbers into the form that the network reads.</summary>
    private void Pack(TokenRows tokens, int rows)
    {
        SetSteps(tokens.Count(rows));
        tokens.Pack(rows, Words(_layout.Input.Name, rows), Words(RowSchema.Length, rows));
    }
}
