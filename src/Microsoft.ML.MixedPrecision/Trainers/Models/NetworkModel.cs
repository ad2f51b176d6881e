using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>A trained network and what scores with it; what the model parameters of all tasks hold. Safe for many threads.</summary>
internal sealed class NetworkModel : IDisposable
{
    private const int AllThreads = 0;

    private readonly IHostEnvironment _env;
    private readonly Scorer _scorer;
    private TrainingResult? _training;

    /// <summary>Takes a network.</summary>
    /// <param name="env">The context, for its devices.</param>
    /// <param name="network">Final weights.</param>
    /// <param name="softmax">Whether scores are the softmax of the outputs rather than the outputs.</param>
    /// <param name="training">What happened in training; null after loading.</param>
    public NetworkModel(IHostEnvironment env, Network network, bool softmax, TrainingResult? training)
        : this(env, (network, training is null ? null : TrainingSummary.Of(training)), softmax)
        => (_training, Origin) = (training, training);

    /// <summary>Takes a network from a file.</summary>
    /// <param name="env">The context, for its devices.</param>
    /// <param name="saved">The network, and what the file keeps of its training.</param>
    /// <param name="softmax">Whether scores are the softmax of the outputs rather than the outputs.</param>
    public NetworkModel(IHostEnvironment env, (Network Network, TrainingSummary? Summary) saved, bool softmax)
    {
        _env = env;
        (Network, Summary) = saved;
        _scorer = new Scorer(Network, AllThreads, softmax);
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>What happened in training; of a model that was loaded what was saved with it, read when it is first asked for, or
    /// null.</summary>
    /// <exception cref="InvalidDataException">What was saved is not a training's.</exception>
    public TrainingResult? Training => _training ??= Summary?.History is { } history ? TrainingJsonReader.ReadSaved(history) : null;

    /// <summary>What to save of the training: of one that has just been, with its history where that is wanted; of one that was read, what
    /// was read.</summary>
    public TrainingSummary? Saved
        => Origin is { IsSavedWithModel: true } ? Summary! with { History = SavedHistory.Write(Origin) } : Summary;

    private TrainingResult? Origin { get; }

    /// <summary>What is kept of the training; null for a file of an earlier version.</summary>
    public TrainingSummary? Summary { get; }

    /// <summary>The name of the column of features, for messages; null for a model without a transformer of ours, as one-versus-all loads
    /// it.</summary>
    public string? FeatureColumn { get; set; }

    /// <summary>What scoring does with rows whose features are not finite.</summary>
    public InvalidFeatures InvalidFeatures { get; set; }

    /// <summary>Where bulk <c>Transform</c> scores.</summary>
    public ComputeDevice ScoringDevice { get; set; } = ComputeDevice.Auto;

    /// <summary>Memory to score batches with on the CPU, for one thread at a time.</summary>
    public ScoringSession CreateSession(int maxRows) => _scorer.CreateSession(maxRows);

    /// <summary>Memory to score many rows with, on a card where one is wanted or, with <see cref="ComputeDevice.Auto"/>, there and worth
    /// it.</summary>
    /// <param name="rows">Rows that are read ahead.</param>
    /// <param name="callers">Threads that will each use one of these at the same time.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    public BulkScorer CreateBulkScorer(int rows, int callers = 1)
    {
        bool isWorth = rows == ScoredDataView.RowsOfBatch(Network.ScoringInputs, Network.Outputs) && _scorer.IsWorthACard(rows);
        return OpenOnCard(rows, isWorth) is { } onCard
            ? new CardBulkScorer(onCard, Network.ScoringInputs)
            : _scorer.CreateBulkScorer(rows, callers);
    }

    /// <summary>Memory to score batches with, on a card where one is wanted or, with <see cref="ComputeDevice.Auto"/>, there and worth it,
    /// else on all cores; for one thread at a time.</summary>
    /// <param name="rows">Rows of a batch; of tokens full ones.</param>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    public ScoringSession CreateBatchSession(int rows)
        => OpenOnCard(rows, _scorer.IsWorthACard(rows * (Network.Tokens?.Rows ?? 1))) ?? _scorer.CreateSession(rows);

    /// <summary>Memory to read an example token by token with, for one thread at a time.</summary>
    /// <exception cref="NotSupportedException">The network's result at a token depends on later ones.</exception>
    public DecodingSession CreateDecodingSession() => _scorer.CreateDecodingSession();

    /// <exception cref="NotSupportedException">A card is asked for and is not there, or has no memory left.</exception>
    private ScoringSession? OpenOnCard(int rows, bool isWorth)
    {
        bool mayUseCard = ScoringDevice.IsCuda || (ScoringDevice.IsAuto && isWorth);
        DeviceSelection? selection = mayUseCard ? DeviceSelection.Choose(ScoringDevice, _env) : null;
        ScoringSession? onCard = selection?.Card is null
            ? null
            : _scorer.TryCreateCardSession(rows, selection.Card.Ordinal, () => (CudaDevice)selection.Open(threads: 0));
        return onCard is not null || selection?.Card is null || ScoringDevice.IsAuto
            ? onCard
            : throw new NotSupportedException($"'{ScoringDevice}' cannot score: it has no memory left, or is lost. Use "
                + $"ComputeDevice.Auto or ComputeDevice.Cpu.");
    }

    /// <summary>Writes a warning to the context's log.</summary>
    /// <param name="message">The warning.</param>
    public void Warn(string message)
    {
        using IChannel channel = _env.Start("Scoring");
        channel.Warning(message);
    }

    /// <inheritdoc/>
    public void Dispose() => _scorer.Dispose();
}
