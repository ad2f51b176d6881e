using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace OnnxScoring.Tests;

/// <summary>Overload, a model that fails, clients that go, and the end of the service.</summary>
[TestClass]
internal sealed class TroubleTests
{
    [TestMethod]
    public async Task Score_QueueFull_Is503AndTheOthersAreAnswered()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model, "--queue", "2");
        Task<JsonElement>[] accepted = await HoldAsync(service, model, waiting: 2);
        using HttpResponseMessage refused = await service.PostAsync("{\"x\": [9, 9]}");
        await Problem.CheckAsync(refused, 503, "2 requests are waiting");
        Assert.AreEqual(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Assert.AreEqual(1, service.Batcher.Statistics.Refused);
        model.Release();
        await CheckAsync(accepted);
        await service.ScoreAsync("{\"x\": [9, 9]}");
    }

    [TestMethod]
    public async Task Score_ModelFails_Is500AndTheNextBatchIsScored()
    {
        using var model = new ControlledModel();
        await using RunningService service = await RunningService.StartAsync(model);
        using HttpResponseMessage failed = await service.PostAsync($"{{\"x\": [{ControlledModel.Poison}, 1]}}");
        await Problem.CheckAsync(failed, 500, "failed on the row of this request");
        Assert.DoesNotContain(ControlledModel.Secret, await failed.Content.ReadAsStringAsync());
        Assert.AreEqual(3f, (await service.ScoreAsync("{\"x\": [1, 2]}")).GetProperty("Sum").GetSingle());
    }

    /// <summary>One client's row must not cost the others their answers, whatever the model thinks of it.</summary>
    [TestMethod]
    public async Task Score_ModelFailsOnOneOfABatch_IsA500ForThatOneAlone()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model);
        Task<JsonElement>[] others = await HoldAsync(service, model, waiting: 3);
        Task<HttpResponseMessage> poisoned = service.PostAsync($"{{\"x\": [{ControlledModel.Poison}, 1]}}");
        await RunningService.UntilAsync(() => service.Batcher.Waiting == 4);

        model.Release();

        using HttpResponseMessage failed = await poisoned;
        await Problem.CheckAsync(failed, 500, "failed on the row of this request");
        await CheckAsync(others);
        CollectionAssert.AreEqual(new[] { 1, 4, 2, 2, 1, 1 }, model.Batches.ToArray());
    }

    /// <summary>
    /// Nor must it cost them a call each: halves of 64 and of what fails of them are 2·6 calls, and the largest stay whole.
    /// </summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(37)]
    [DataRow(63)]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Score_ModelFailsOnOneOfMany_IsFoundByHalves(int place)
    {
        using var model = new ControlledModel();
        using var batcher = new Batcher(model, new ScoringOptions { MaxBatch = 256, QueueLength = 64 }, NullLogger<Batcher>.Instance);
        ScoreRequest[] requests = [.. Enumerable.Range(0, 64).Select(Request)];
        Assert.IsTrue(requests.All(batcher.TryEnqueue));

        await batcher.StartAsync(CancellationToken.None);

        for (int i = 0; i < requests.Length; i++)
        {
            Task<ScoredRows> answer = requests[i].AnswerAsync();
            if (i == place)
            {
                await Assert.ThrowsExactlyAsync<ModelFailedException>(() => answer);
                continue;
            }

            ScoredRows rows = await answer;
            float[] sums = [.. ((float[])rows.Columns[0].Values).Skip(rows.First).Take(rows.Count)];
            CollectionAssert.AreEqual(Enumerable.Range(1, (i % 3) + 1).Select(row => (float)(i + row)).ToArray(), sums, $"request {i}");
        }

        await batcher.StopAsync(CancellationToken.None);
        Assert.HasCount(1 + (2 * 6), model.Batches);

        // Of one to three rows, (i, 1), (i, 2), (i, 3), so that places of rows and of requests differ.
        ScoreRequest Request(int i)
        {
            float first = i == place ? ControlledModel.Poison : i;
            float[] values = [.. Enumerable.Range(1, (i % 3) + 1).SelectMany(row => new[] { first, row })];
            return new(new([values], (i % 3) + 1, RowsForm.Rows), CancellationToken.None);
        }
    }

    /// <summary>JSON has no numbers for these; a null would look like a missing score, and a wrong answer would be no JSON at
    /// all.</summary>
    [TestMethod]
    [DataRow("[0, 0]", "NaN")]
    [DataRow("[1, 0]", "Infinity")]
    [DataRow("[-1, 0]", "-Infinity")]
    public async Task Score_NotFinite_IsAText(string row, string text)
    {
        using var model = new ControlledModel();
        await using RunningService service = await RunningService.StartAsync(model);
        Assert.AreEqual(text, (await service.ScoreAsync($"{{\"x\": {row}}}")).GetProperty("Ratio").GetString());
    }

    /// <summary>One client goes while its row is in the model, one while it waits, whose row is not scored at all.</summary>
    [TestMethod]
    public async Task Score_ClientsGo_OthersAreAnswered()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model);
        using var gone = new CancellationTokenSource();
        Task first = service.PostAsync("{\"x\": [1, 2]}", gone.Token);
        await RunningService.UntilAsync(() => model.Batches.Count == 1);
        Task second = service.PostAsync("{\"x\": [3, 4]}", gone.Token);
        await RunningService.UntilAsync(() => service.Batcher.Waiting == 1);
        Task<JsonElement> third = service.ScoreAsync("{\"x\": [5, 6]}");
        await RunningService.UntilAsync(() => service.Batcher.Waiting == 2);
        await gone.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAsync<OperationCanceledException>(() => second);
        await RunningService.UntilAsync(() => service.Inside == 1);
        model.Release();
        Assert.AreEqual(11f, (await third).GetProperty("Sum").GetSingle());
        CollectionAssert.AreEqual(new[] { 1, 1 }, model.Batches.ToArray());
    }

    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public async Task Stop_WithRequestsInside_AnswersThem()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model);
        Task<JsonElement>[] accepted = await HoldAsync(service, model, waiting: 3);
        Task stopped = service.StopAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => stopped.WaitAsync(TimeSpan.FromMilliseconds(100)));
        model.Release();
        await CheckAsync(accepted);
        await stopped;
    }

    /// <summary>Without a server before it that waits for its requests: the batcher answers what it accepted, and accepts no
    /// more.</summary>
    [TestMethod]
    public async Task Batcher_Stopped_AnswersWhatItAccepted()
    {
        using var model = new ControlledModel(held: true);
        using var batcher = new Batcher(model, new ScoringOptions { MaxBatch = 1 }, NullLogger<Batcher>.Instance);
        await batcher.StartAsync(CancellationToken.None);
        ScoreRequest[] requests = [
            .. Enumerable.Range(0, 3).Select(i => new ScoreRequest(new([new float[] { i, i }], 1, RowsForm.Row), CancellationToken.None))];
        Assert.IsTrue(requests.All(batcher.TryEnqueue));
        await RunningService.UntilAsync(() => model.Batches.Count == 1);
        Task stopped = batcher.StopAsync(CancellationToken.None);
        Assert.IsFalse(batcher.TryEnqueue(requests[0]));
        model.Release();
        await stopped;
        Assert.IsTrue(requests.All(request => request.AnswerAsync().IsCompletedSuccessfully));
    }

    /// <summary>Sends a request that the model holds, and others that wait behind it.</summary>
    private static async Task<Task<JsonElement>[]> HoldAsync(RunningService service, ControlledModel model, int waiting)
    {
        Task<JsonElement> first = service.ScoreAsync("{\"x\": [1, 1]}");
        await RunningService.UntilAsync(() => model.Batches.Count == 1);
        Task<JsonElement>[] others = [.. Enumerable.Range(0, waiting).Select(_ => service.ScoreAsync("{\"x\": [1, 1]}"))];
        await RunningService.UntilAsync(() => service.Batcher.Waiting == waiting);
        return [first, .. others];
    }

    private static async Task CheckAsync(Task<JsonElement>[] answers)
    {
        foreach (JsonElement answer in await Task.WhenAll(answers))
        {
            Assert.AreEqual(2f, answer.GetProperty("Sum").GetSingle());
        }
    }
}
