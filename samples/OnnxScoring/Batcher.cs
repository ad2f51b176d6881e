using System.Threading.Channels;

namespace OnnxScoring;

/// <summary>
/// Takes requests from a bounded queue and scores those that wait together, up to <see cref="ScoringOptions.MaxBatch"/> rows in one call of the
/// model. A batch with room left waits up to <see cref="ScoringOptions.MaxDelayMilliseconds"/> for more.
/// </summary>
internal sealed partial class Batcher(IScoringModel model, ScoringOptions options, ILogger<Batcher> log) : BackgroundService
{
    private readonly Channel<ScoreRequest> _queue = Channel.CreateBounded<ScoreRequest>(options.QueueLength);
    private readonly Array[] _columns = [.. model.Columns.Inputs.Select(input => input.NewValues(options.MaxBatch))];
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
                Append(next.Rows);
                _batch.Add(next);
            }
        }

        return _rows > 0 && _rows < options.MaxBatch;
    }

    private void Append(RequestRows rows)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            int width = model.Columns.Inputs[i].Width;
            Array.Copy(rows.Columns[i], 0, _columns[i], _rows * width, rows.Count * width);
        }

        _rows += rows.Count;
    }

    /// <summary>
    /// Scores the batch. Where the model fails on it each request is scored alone: a row that one client sent must not cost the others their
    /// answers.
    /// </summary>
    private void Score()
    {
        try
        {
            IReadOnlyList<ScoredColumn> columns = model.Score(_columns, _rows);
            Statistics.CountBatch(_batch.Count, _rows);
            int first = 0;
            foreach (ScoreRequest request in _batch)
            {
                request.Answer(new ScoredRows(columns, first, request.Rows.Count));
                first += request.Rows.Count;
            }
        }
        catch (Exception e) when (_batch.Count > 1)
        {
            LogAlone(_batch.Count, e.Message);
            _batch.ForEach(ScoreAlone);
        }
        catch (Exception e)
        {
            Fail(_batch[0], e);
        }
    }

    private void ScoreAlone(ScoreRequest request)
    {
        try
        {
            IReadOnlyList<ScoredColumn> columns = model.Score(request.Rows.Columns, request.Rows.Count);
            Statistics.CountBatch(1, request.Rows.Count);
            request.Answer(new ScoredRows(columns, 0, request.Rows.Count));
        }
        catch (Exception e)
        {
            Fail(request, e);
        }
    }

    /// <summary>Whatever the model throws: the next batch may be fine.</summary>
    private void Fail(ScoreRequest request, Exception exception)
    {
        LogFailed(request.Rows.Count, exception);
        request.Fail(new ModelFailedException(request.Rows.Count, exception));
    }

    [LoggerMessage(LogLevel.Warning, "The model failed on a batch of {Requests} requests, which are scored one by one: {Reason}")]
    private partial void LogAlone(int requests, string reason);

    [LoggerMessage(LogLevel.Error, "The model failed on a request of {Rows} rows.")]
    private partial void LogFailed(int rows, Exception exception);
}
