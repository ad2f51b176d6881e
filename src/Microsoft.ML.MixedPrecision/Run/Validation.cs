using System.Buffers;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Loss and accuracy of the current weights on rows that do not train, by the same Float32 forward pass that scores
/// later.</summary>
internal sealed class Validation
{
    private const int BatchRows = 1024;
    /// <summary>Steps of sequences that a batch has at most.</summary>
    private const int MostSteps = 1 << 14;
    private const int MostTargetWords = 1 << 26;
    private readonly RowStore _store;
    private readonly int[] _rows;
    private readonly Device _device;
    private readonly Loss _loss;
    private readonly BestEpochMetric _metric;
    private readonly int _batch;

    /// <summary>Validates with some rows of a store.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Which of them; at least one.</param>
    /// <param name="device">Where the forward pass runs.</param>
    /// <param name="loss">What is measured.</param>
    /// <param name="metric">What else is measured, where it is more than the loss.</param>
    public Validation(RowStore store, int[] rows, Device device, Loss loss, BestEpochMetric metric = BestEpochMetric.Loss)
    {
        _metric = metric;
        _store = store;
        _rows = rows;
        _device = device;
        _loss = loss;
        _batch = BatchOf(rows.Length, store.TargetWords);
    }

    /// <summary>Rows that validate.</summary>
    public int Rows => _rows.Length;

    /// <summary>Rows of a batch: 1024, or fewer where their targets would take more than 256 MiB; one at least.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="targetWords">Words of 4 bytes of a row's target.</param>
    internal static int BatchOf(int rows, int targetWords) => Math.Min(rows, Math.Clamp(MostTargetWords / targetWords, 1, BatchRows));

    /// <summary>Mean loss (Σ wᵢℓᵢ ÷ labelled positions) and share of right answers, of which a position has as many as targets; null where
    /// the loss counts none.</summary>
    /// <exception cref="ArgumentException">The rows have other targets than the loss reads for the network's outputs.</exception>
    public unsafe ValidationFigures Run(Network network)
    {
        StepParts.RequireTargets(_store, _loss, network.Output);
        using var scoring = new ScoringWeights(network, _device);
        int positions = checked((int)_store.PositionsOf(_rows));
        using var block = new LossBlock(_device, positions);
        int most = network.Tokens is { } tokens ? Math.Clamp(MostSteps / tokens.Rows, 1, _batch) : _batch;
        using var session = new ScoringSession(network, scoring, most, _device, new LossTerm(_loss, _store.HasWeights))
        {
            Measured = block.Places,
        };
        ValidationOutputs? outputs = _metric is BestEpochMetric.Auc or BestEpochMetric.Rmse
            ? new ValidationOutputs(_store, _rows, network.Output.Columns, _device)
            : null;
        int[] columns = InputColumns.Of(_store.Schema, session.Inputs, widens: true, sums: network.Bag?.Columns ?? 0);
        using MemoryHandle pinned = network.Bag?.Table.Values.AsMemory().Pin() ?? default;
        Tensor table = network.Bag?.TableAt((nint)pinned.Pointer) ?? default;
        var places = new RowDestination[columns.Length];
        double loss = 0;
        long correct = 0;
        var batches = new RowParts(_rows.Length, most);
        for (int batch = 0; batch < batches.Count; batch++)
        {
            int count = batches.RowsOf(batch);
            if (_store.HasSequences)
            {
                session.SetSteps(StepsOf(_rows.AsSpan(batches.StartOf(batch), count)));
            }

            for (int i = 0; i < columns.Length; i++)
            {
                places[i] = Place(session, i, columns[i], count, table);
            }

            _store.Gather(_rows.AsSpan(batches.StartOf(batch), count), places);
            block.Begin();
            Tensor scores = session.Forward();
            outputs?.Add(scores, count);
            (double batchLoss, int batchCorrect) = block.Read();
            loss += batchLoss;
            correct += batchCorrect;
        }

        return new ValidationFigures(
            loss,
            _loss.CountsCorrect ? correct / ((double)positions * _loss.TargetWords(network.Output.Columns)) : null)
        {
            Auc = _metric == BestEpochMetric.Auc ? outputs!.Auc(_loss.TargetKind) : null,
            Rmse = _metric == BestEpochMetric.Rmse ? outputs!.Rmse() : null,
        };
    }

    private int StepsOf(ReadOnlySpan<int> rows)
    {
        int steps = 0;
        foreach (int row in rows)
        {
            steps += _store.LengthOf(row);
        }

        return Math.Max(1, steps);
    }

    /// <summary>Where the session reads an input.</summary>
    private RowDestination Place(ScoringSession session, int input, int column, int rows, Tensor table)
    {
        Value value = session.Inputs[input];
        if (_store.Schema.Columns[column].Kind == ElementKind.Entry)
        {
            return new RowDestination(column, session.Numbers(value.Name, rows), table);
        }

        return value.Kind == ElementKind.Number
            ? new RowDestination(column, session.Numbers(value.Name, rows))
            : new RowDestination(column, session.Words(value.Name, rows));
    }
}
