using System.Threading.Channels;

namespace OnnxScoring;

/// <summary>
/// Takes requests from a bounded queue and scores those that wait together, up to <see cref="ScoringOptions.MaxBatch"/> rows in one call of the
/// model. A batch with room left waits up to <see cref="ScoringOptions.MaxDelayMilliseconds"/> for more.
/// </summary>
internal sealed partial class Batcher(IScoringModel model, ScoringOptions options, ILogger<Batcher> log) : BackgroundService
{
    private readonly Channel<ScoreRequest> _queue = Channel.CreateBounded<ScoreRequest>(options.QueueLength);
    private readonly float[] _features = new float[options.MaxBatch * model.Features];
    private readonly List<ScoreRequest> _batch = [];
    private int _rows;

    /// <summary>What was done since the start.</summary>
    public BatcherStatistics Statistics { get; } = new();

    /// <summary>Requests in the queue.</summary>
    public int Waiting => _queue.Reader.Count;

    /// <summary>Accepts a request, which will be answered; false if too many wait.</summary>
    public bool TryEnqueue(ScoreRequest request)
    {
        bool accepted = _queue.Writer.TryWrite(request);
        if (!accepted)
        {
            Statistics.CountRefused();
        }

        return accepted;
    }

    /// <summary>Closes the queue and waits until what was accepted is answered. The server has stopped before: hosted services stop in reverse order.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not ended by the token, which would leave accepted requests without an answer: the closed queue ends the loop once it is empty.
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await CollectAsync();
            if (_batch.Count > 0)
            {
                Score();
            }

            _batch.Clear();
            _rows = 0;
        }
    }

    private async Task CollectAsync()
    {
        if (!TakeWaiting() || options.MaxDelayMilliseconds == 0)
        {
            return;
        }

        Task deadline = Task.Delay(options.MaxDelayMilliseconds);
        while (TakeWaiting())
        {
            Task<bool> more = _queue.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            if (await Task.WhenAny(more, deadline) == deadline || !await more)
            {
                return;
            }
        }
    }

    /// <summary>Moves requests from the queue into the batch.</summary>
    /// <returns>Whether there is something in the batch, and room for more.</returns>
    private bool TakeWaiting()
    {
        while (_queue.Reader.TryPeek(out ScoreRequest? next))
        {
            if (!next.IsAborted && _rows + next.Rows.Count > options.MaxBatch)
            {
                return false;
            }

            _queue.Reader.TryRead(out _);
            if (!next.IsAborted)
            {
                next.Rows.Values.CopyTo(_features, _rows * model.Features);
                _rows += next.Rows.Count;
                _batch.Add(next);
            }
        }

        return _rows > 0 && _rows < options.MaxBatch;
    }

    private void Score()
    {
        try
        {
            IReadOnlyList<ScoredColumn> columns = model.Score(_features.AsMemory(0, _rows * model.Features), _rows);
            Statistics.CountBatch(_batch.Count, _rows);
            int first = 0;
            foreach (ScoreRequest request in _batch)
            {
                request.Answer(new ScoredRows(columns, first, request.Rows.Count));
                first += request.Rows.Count;
            }
        }
        catch (Exception e)
        {
            // Whatever the model throws: the next batch may be fine.
            LogFailed(_batch.Count, _rows, e);
            foreach (ScoreRequest request in _batch)
            {
                request.Fail(new BatchFailedException(_rows, e));
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The model failed on a batch of {Requests} requests with {Rows} rows.")]
    private partial void LogFailed(int requests, int rows, Exception exception);
}
