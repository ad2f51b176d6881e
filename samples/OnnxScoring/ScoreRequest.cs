namespace OnnxScoring;

/// <summary>A request in the queue.</summary>
/// <param name="rows">What is to be scored.</param>
/// <param name="aborted">Whether nobody waits for the answer any more.</param>
internal sealed class ScoreRequest(RequestRows rows, CancellationToken aborted)
{
    // Or the batcher itself would write the answers, one after the other, before it runs the next batch.
    private readonly TaskCompletionSource<ScoredRows> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is to be scored.</summary>
    public RequestRows Rows => rows;

    /// <summary>Whether the client has gone.</summary>
    public bool IsAborted => aborted.IsCancellationRequested;

    /// <summary>Waits for the answer, or for the client to go.</summary>
    /// <exception cref="ModelFailedException">The model failed.</exception>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public Task<ScoredRows> AnswerAsync() => _answer.Task.WaitAsync(aborted);

    /// <summary>Gives the answer.</summary>
    public void Answer(ScoredRows scored) => _answer.SetResult(scored);

    /// <summary>Tells that there will be none.</summary>
    public void Fail(ModelFailedException exception) => _answer.SetException(exception);
}
