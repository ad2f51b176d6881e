using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace OnnxScoring.Tests;

/// <summary>Every body that cannot be scored is answered with its own status and a sentence that names the cause.</summary>
[TestClass]
internal sealed class BadBodyTests
{
    private const string Json = "application/json";
    private const int MaxBatch = 4;

    public static IEnumerable<object[]> Bodies { get; } =
    [
        ["not JSON", "{\"x\": [1, 2", Json, 400, "not JSON"],
        ["no body", "", Json, 400, "not JSON"],
        ["a bare NaN", "{\"x\": [NaN, 2]}", Json, 400, "not JSON"],
        ["no object", "3", Json, 400, "one field 'x'; it is the number 3"],
        ["no objects", "[1, 2]", Json, 400, "Row 0 must be an object with one field 'x'; it is the number 1"],
        ["no rows", "[]", Json, 400, "The body has no rows"],
        ["no field", "{}", Json, 400, "one field 'x'; it has no 'x'"],
        ["another field", "{\"y\": [1, 2]}", Json, 400, "it has the field 'y'"],
        ["a field too many", "{\"x\": [1, 2], \"y\": 3}", Json, 400, "it has the field 'y'"],
        ["a field twice", "{\"x\": [1, 2], \"x\": [3, 4]}", Json, 400, "it has 'x' twice"],
        ["a field twice in another case", "{\"x\": [1, 2], \"X\": [3, 4]}", Json, 400, "it has 'x' twice"],
        ["half a character as a name", "{\"\\ud800\": [1, 2]}", Json, 400, "it has the field '\\ud800'"],
        ["half a character as long as the name", "{\"\\ud800\\u0078\": [1, 2]}", Json, 400, "it has the field"],
        ["no array", "{\"x\": {\"a\": 1}}", Json, 400, "'x' is an object; write an array of 2 values"],
        ["null", "{\"x\": null}", Json, 400, "'x' is null"],
        ["no numbers", "{\"x\": []}", Json, 400, "'x' has 0 values; the model takes 2"],
        ["too few numbers", "{\"x\": [1]}", Json, 400, "'x' has 1 values; the model takes 2"],
        ["too many numbers", "{\"x\": [1, 2, 3]}", Json, 400, "'x' has 3 values; the model takes 2"],
        ["a short row", "{\"x\": [[1, 2], [3]]}", Json, 400, "Row 1 of 'x' has 1 values; the model takes 2"],
        ["a row that is none", "{\"x\": [[1, 2], 3]}", Json, 400, "Row 1 of 'x' is the number 3"],
        ["an array among numbers", "{\"x\": [1, [2]]}", Json, 400, "'x', value 1, is an array"],
        ["a text", "{\"x\": [1, \"2\"]}", Json, 400, "'x', value 1, is the text \"2\"; write a number"],
        ["NaN as a text", "{\"x\": [\"NaN\", 2]}", Json, 400, "'x', value 0, is the text \"NaN\"; write a number, or null"],
        ["half a character", "{\"x\": [\"\\ud800\", 2]}", Json, 400, "'x', value 0, is the text"],
        ["a Boolean", "{\"x\": [[1, 2], [true, 2]]}", Json, 400, "Row 1 of 'x', value 0, is true"],
        ["beyond single precision", "{\"x\": [1, 1e39]}", Json, 400, "value 1, is 1e39, beyond single precision"],
        ["beyond double precision", "{\"x\": [1, -1e999]}", Json, 400, "value 1, is -1e999, beyond single precision"],
        ["too many rows", "{\"x\": [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]}", Json, 400, "'x' has 5 rows; a request may have up to 4"],
        ["a short row among rows", "[{\"x\": [1, 2]}, {\"x\": [3]}]", Json, 400, "Row 1, 'x', has 1 values; the model takes 2"],
        ["a text in a row among rows", "[{\"x\": [1, \"2\"]}]", Json, 400, "Row 0, 'x', value 1, is the text \"2\""],
        ["a row without the field", "[{\"x\": [1, 2]}, {}]", Json, 400, "Row 1 must be an object with one field 'x'; it has no 'x'"],
        ["too many rows as objects", "[" + string.Join(", ", Enumerable.Repeat("{\"x\": [1, 2]}", 5)) + "]", Json, 400,
            "The body has 5 rows; a request may have up to 4"],
        ["too long", "{\"x\": [1, 2]}" + new string(' ', 4096), Json, 413, "longer than 1304 bytes"],
        ["a form", "x=1", "application/x-www-form-urlencoded", 415, "send application/json"],
        ["no content type", "{\"x\": [1, 2]}", "", 415, "send application/json"],
        ["another encoding", "{\"x\": [1, 2]}", "application/json; charset=utf-16", 415, "JSON is UTF-8"],
    ];

    public static string Name(System.Reflection.MethodInfo _, object[] values) => (string)values[0];

    [TestMethod]
    [DynamicData(nameof(Bodies), DynamicDataDisplayName = nameof(Name))]
    public async Task Score_BadBody_SaysWhat(string _, string body, string contentType, int status, string says)
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = contentType.Length == 0 ? null : MediaTypeHeaderValue.Parse(contentType);
        using HttpResponseMessage response = await service.Client.PostAsync("score", content);
        await Problem.CheckAsync(response, status, says);
        Assert.IsEmpty(model.Batches);
    }

    [TestMethod]
    public async Task Score_CompressedBody_IsRefused()
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        using var content = new StringContent("{\"x\": [1, 2]}", Encoding.UTF8, Json);
        content.Headers.ContentEncoding.Add("gzip");
        using HttpResponseMessage response = await service.Client.PostAsync("score", content);
        await Problem.CheckAsync(response, 415, "content encoding is 'gzip'");
    }

    [TestMethod]
    [DataRow("GET", "/score", 405)]
    [DataRow("DELETE", "/health", 405)]
    [DataRow("GET", "/scores", 404)]
    public async Task AnyPath_ThatThereIsNot_SaysWhichThereAre(string method, string path, int status)
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using HttpResponseMessage response = await service.Client.SendAsync(request);
        await Problem.CheckAsync(response, status, $"There is no {method} {path}: there are POST /score");
    }

    /// <summary>What is unusual and right: the limits are limits of bad bodies only.</summary>
    [TestMethod]
    [DataRow("{\"x\": [3.4028235e38, 0]}", float.MaxValue)]
    [DataRow("{\"x\": [1e-999, 2]}", 2f)]
    [DataRow("{\"\\u0078\": [1, 2]}", 3f)]
    [DataRow("{\"X\": [1, 2]}", 3f)]
    public async Task Score_UnusualBody_IsScored(string body, float sum)
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        JsonElement answer = await service.ScoreAsync(body);
        Assert.AreEqual(sum, answer.GetProperty("Sum").GetSingle());
    }

    [TestMethod]
    public async Task Score_AsManyRowsAsAllowed_AreScored()
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        JsonElement answer = await service.ScoreAsync("{\"x\": [[1, 2], [3, 4], [5, 6], [7, 8]]}");
        CollectionAssert.AreEqual(
            new[] { 3f, 7f, 11f, 15f },
            answer.GetProperty("Sum").EnumerateArray().Select(sum => sum.GetSingle()).ToArray());
    }

    [TestMethod]
    public async Task Score_ArrayOfOneRow_IsAnsweredWithAnArray()
    {
        using var model = new ControlledModel();
        await using RunningService service = await StartAsync(model);
        JsonElement answer = await service.ScoreAsync("{\"x\": [[1, 2]]}");
        Assert.AreEqual(3f, answer.GetProperty("Sum").EnumerateArray().Single().GetSingle());
    }

    private static Task<RunningService> StartAsync(ControlledModel model)
        => RunningService.StartAsync(model, "--max-batch", MaxBatch.ToString(CultureInfo.InvariantCulture));
}
