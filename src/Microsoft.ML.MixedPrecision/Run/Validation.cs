using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Loss and accuracy of the current weights on rows that do not train, by the same Float32 forward pass that scores
/// later.</summary>
internal sealed unsafe class Validation
{
    private const int BatchRows = 1024;
    private const int MostTargetWords = 1 << 26;
    private readonly ExampleStore _store;
    private readonly int[] _rows;
    private readonly int[] _targets;
    private readonly float[] _weights;
    private readonly Device _device;
    private readonly Loss _loss;
    private readonly int _batch;

    /// <summary>Validates with some rows of a store.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Which of them; at least one.</param>
    /// <param name="device">Where the forward pass runs.</param>
    /// <param name="loss">What is measured.</param>
    public Validation(ExampleStore store, int[] rows, Device device, Loss loss)
    {
        _store = store;
        _rows = rows;
        _device = device;
        _loss = loss;
        _batch = BatchOf(rows.Length, store.TargetWords);
        _targets = new int[_batch * store.TargetWords];
        _weights = store.HasWeights ? new float[_batch] : [];
    }

    /// <summary>Rows that validate.</summary>
    public int Rows => _rows.Length;

    /// <summary>Rows of a batch: 1024, or fewer where their targets would take more than 256 MiB; one at least.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="targetWords">Words of 4 bytes of a row's target.</param>
    internal static int BatchOf(int rows, int targetWords) => Math.Min(rows, Math.Clamp(MostTargetWords / targetWords, 1, BatchRows));

    /// <summary>Mean loss (Σ wᵢℓᵢ ÷ rows) and share of right answers, of which a row has as many as targets; null where the loss counts
    /// none.</summary>
    /// <exception cref="ArgumentException">The rows have other targets than the loss reads for the network's outputs.</exception>
    public (double Loss, double? Accuracy) Run(Network network)
    {
        StepParts.RequireTargets(_store, _loss, network.Outputs);
        using var scoring = new ScoringWeights(network, _device);
        using var session = new ScoringSession(network, scoring, _batch);
        using CudaValidationLoss? onCard = _device is CudaDevice cuda
            ? new CudaValidationLoss(cuda, _loss, _targets.Length / _batch, _batch, _rows.Length)
            : null;
        double loss = 0;
        long correct = 0;
        var batches = new RowParts(_rows.Length, _batch);
        for (int batch = 0; batch < batches.Count; batch++)
        {
            int count = batches.RowsOf(batch);
            Span<int> targets = _targets.AsSpan(0, count * _store.TargetWords);
            _store.Gather(
                _rows.AsSpan(batches.StartOf(batch), count),
                session.Input(count),
                targets,
                _store.HasWeights ? _weights.AsSpan(0, count) : default);
            Tensor logits = session.Forward() with { Rows = count };
            (double batchLoss, int batchCorrect) = onCard is null
                ? Measure(logits)
                : onCard.Run(logits, targets, _store.HasWeights ? _weights.AsSpan(0, count) : default);
            loss += batchLoss;
            correct += batchCorrect;
        }

        return (loss, _loss.CountsCorrect ? correct / ((double)_rows.Length * _store.TargetWords) : null);
    }

    private (double Loss, int Correct) Measure(Tensor logits)
    {
        double loss;
        int correct;
        fixed (int* targets = _targets)
        fixed (float* weights = _weights)
        {
            _loss.Run((CpuDevice)_device, new LossArguments
            {
                Logits = logits,
                Targets = targets,
                Weights = weights,
                Divisor = _rows.Length,
                Scale = 1f,
                LossSum = &loss,
                Correct = &correct,
            });
        }

        return (loss, correct);
    }
}
