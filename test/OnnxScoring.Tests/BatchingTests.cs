using System.Text.Json;

namespace OnnxScoring.Tests;

/// <summary>Requests that wait are scored together, and each gets its own answer.</summary>
[TestClass]
internal sealed class BatchingTests
{
    [TestMethod]
    public async Task Score_RequestsThatWait_AreOneBatch()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model, "--max-batch", "8");
        List<Task<JsonElement>> answers = await HoldAsync(
            service,
            model,
            Enumerable.Range(1, 20).Select(i => $"{{\"x\": [{i}, {i * 100}]}}"));
        model.Release();
        for (int i = 0; i <= 20; i++)
        {
            Assert.AreEqual(i * 101f, (await answers[i]).GetProperty("Sum").GetSingle());
        }

        CollectionAssert.AreEqual(new[] { 1, 8, 8, 4 }, model.Batches.ToArray());
        Assert.AreEqual(
            (21L, 21L, 4L),
            (service.Batcher.Statistics.Requests, service.Batcher.Statistics.Rows, service.Batcher.Statistics.Batches));
    }

    [TestMethod]
    public async Task Score_RequestsOfSeveralRows_StayWholeAndInOrder()
    {
        using var model = new ControlledModel(held: true);
        await using RunningService service = await RunningService.StartAsync(model, "--max-batch", "8");
        List<Task<JsonElement>> answers = await HoldAsync(service, model, Enumerable.Range(1, 3).Select(i =>
            $"{{\"x\": [[{i}, 1], [{i}, 2], [{i}, 3]]}}"));
        model.Release();
        for (int i = 1; i <= 3; i++)
        {
            float[] sums = [.. (await answers[i]).GetProperty("Sum").EnumerateArray().Select(sum => sum.GetSingle())];
            CollectionAssert.AreEqual(new[] { i + 1f, i + 2f, i + 3f }, sums);
        }

        CollectionAssert.AreEqual(new[] { 1, 6, 3 }, model.Batches.ToArray());
    }

    /// <summary>The delay is a minute, and the test ends long before: a full batch does not wait.</summary>
    [TestMethod]
    public async Task Score_WithDelay_WaitsUntilTheBatchIsFull()
    {
        using var model = new ControlledModel();
        await using RunningService service = await RunningService.StartAsync(model, "--max-batch", "2", "--max-delay", "60000");
        Task<JsonElement> first = service.ScoreAsync("{\"x\": [1, 2]}");
        await RunningService.UntilAsync(() => service.Inside == 1);
        await Task.Delay(50);
        Task<JsonElement> second = service.ScoreAsync("{\"x\": [3, 4]}");
        Assert.AreEqual(3f, (await first).GetProperty("Sum").GetSingle());
        Assert.AreEqual(7f, (await second).GetProperty("Sum").GetSingle());
        CollectionAssert.AreEqual(new[] { 2 }, model.Batches.ToArray());
    }

    [TestMethod]
    public async Task Score_WithDelayAndNobodyElse_IsAnsweredAlone()
    {
        using var model = new ControlledModel();
        await using RunningService service = await RunningService.StartAsync(model, "--max-batch", "2", "--max-delay", "5");
        Assert.AreEqual(3f, (await service.ScoreAsync("{\"x\": [1, 2]}")).GetProperty("Sum").GetSingle());
        Assert.AreEqual(7f, (await service.ScoreAsync("{\"x\": [3, 4]}")).GetProperty("Sum").GetSingle());
        CollectionAssert.AreEqual(new[] { 1, 1 }, model.Batches.ToArray());
    }

    /// <summary>Sends a request that the model holds, and others that wait behind it in the order given.</summary>
    private static async Task<List<Task<JsonElement>>> HoldAsync(RunningService service, ControlledModel model, IEnumerable<string> bodies)
    {
        List<Task<JsonElement>> answers = [service.ScoreAsync("{\"x\": [0, 0]}")];
        await RunningService.UntilAsync(() => model.Batches.Count == 1);
        foreach (string body in bodies)
        {
            answers.Add(service.ScoreAsync(body));
            await RunningService.UntilAsync(() => service.Batcher.Waiting == answers.Count - 1);
        }

        return answers;
    }
}
