using System.Threading.Channels;

namespace OnnxScoring;

/// <summary>
/// Takes requests from a bounded queue and scores those that wait together, up to <see cref="ScoringOptions.MaxBatch"/> rows in one call of
/// the
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

    /// <summary>Closes the queue and waits until what was accepted is answered. The server has stopped before: hosted services stop in
    /// reverse order.</summary>
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
                Score(0, _batch.Count);
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
                _rows += next.Rows.Count;
                _batch.Add(next);
            }
        }

        return _rows > 0 && _rows < options.MaxBatch;
    }

    /// <summary>
    /// Scores some requests of the batch. Where the model fails on them each half of them is scored apart, down to single requests: a row
    /// that one client sent
    /// must cost the others neither their answers nor the time of a call each. Of n requests with a bad one 2·log₂ n more calls find it,
    /// not n.
    /// </summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    private void Score(int first, int count)
    {
        try
        {
            int rows = Gather(first, count);
            IReadOnlyList<ScoredColumn> columns = model.Score(_columns, rows);
            Statistics.CountBatch(count, rows);
            int row = 0;
            foreach (ScoreRequest request in _batch.Slice(first, count))
            {
                request.Answer(new ScoredRows(columns, row, request.Rows.Count));
                row += request.Rows.Count;
            }
        }
        catch (Exception e) when (count > 1)
        {
            if (count == _batch.Count)
            {
                LogApart(count, e.Message);
            }

            Score(first, count / 2);
            Score(first + (count / 2), count - (count / 2));
        }
        catch (Exception e)
        {
            Fail(_batch[first], e);
        }
    }

    /// <summary>Copies the rows of some requests of the batch to the start of the columns.</summary>
    /// <returns>The number of rows.</returns>
    private int Gather(int first, int count)
    {
        int end = 0;
        foreach (ScoreRequest request in _batch.Slice(first, count))
        {
            for (int i = 0; i < _columns.Length; i++)
            {
                int width = model.Columns.Inputs[i].Width;
                Array.Copy(request.Rows.Columns[i], 0, _columns[i], end * width, request.Rows.Count * width);
            }

            end += request.Rows.Count;
        }

        return end;
    }

    /// <summary>Whatever the model throws: the next batch may be fine.</summary>
    private void Fail(ScoreRequest request, Exception exception)
    {
        LogFailed(request.Rows.Count, exception);
        request.Fail(new ModelFailedException(request.Rows.Count, exception));
    }

    [LoggerMessage(LogLevel.Warning, "The model failed on a batch of {Requests} requests, whose halves are scored apart: {Reason}")]
    private partial void LogApart(int requests, string reason);

    [LoggerMessage(LogLevel.Error, "The model failed on a request of {Rows} rows.")]
    private partial void LogFailed(int rows, Exception exception);
}
