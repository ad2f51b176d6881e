using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Loss and accuracy of the current weights on rows that do not train, by the same Float32 forward pass that scores later.</summary>
internal sealed unsafe class Validation
{
    private const int BatchRows = 1024;
    private readonly ExampleStore _store;
    private readonly int[] _rows;
    private readonly int[] _labels;
    private readonly float[] _weights;
    private readonly Device _device;

    /// <summary>Validates with some rows of a store.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Which of them; at least one.</param>
    /// <param name="device">Where the forward pass runs.</param>
    public Validation(ExampleStore store, int[] rows, Device device)
    {
        _store = store;
        _rows = rows;
        _device = device;
        int batch = Math.Min(BatchRows, rows.Length);
        _labels = new int[batch];
        _weights = store.HasWeights ? new float[batch] : [];
    }

    /// <summary>Mean cross-entropy (Σ wᵢℓᵢ ÷ rows) and share of rows whose largest logit is the label's.</summary>
    public (double Loss, double Accuracy) Run(Network network)
    {
        using var scoring = new ScoringWeights(network, _device);
        using var session = new ScoringSession(network, scoring, _labels.Length);
        using CudaValidationLoss? onCard = _device is CudaDevice cuda ? new CudaValidationLoss(cuda, _labels.Length, _rows.Length) : null;
        double loss = 0;
        long correct = 0;
        for (int start = 0; start < _rows.Length; start += _labels.Length)
        {
            int count = Math.Min(_labels.Length, _rows.Length - start);
            _store.Gather(_rows.AsSpan(start, count), session.Input(count), _labels.AsSpan(0, count), _store.HasWeights ? _weights.AsSpan(0, count) : default);
            Tensor logits = session.Forward() with { Rows = count };
            (double batchLoss, int batchCorrect) = onCard is null
                ? Measure(logits)
                : onCard.Run(logits, _labels.AsSpan(0, count), _store.HasWeights ? _weights.AsSpan(0, count) : default);
            loss += batchLoss;
            correct += batchCorrect;
        }

        return (loss, (double)correct / _rows.Length);
    }

    private (double Loss, int Correct) Measure(Tensor logits)
    {
        double loss;
        int correct;
        fixed (int* labels = _labels)
        fixed (float* weights = _weights)
        {
            CrossEntropyKernel.Run((CpuDevice)_device, new CrossEntropyArguments
            {
                Logits = logits,
                Labels = labels,
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
