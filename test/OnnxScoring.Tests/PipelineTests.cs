using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace OnnxScoring.Tests;

/// <summary>A whole pipeline of several columns behind HTTP, beside the same pipeline in ML.NET.</summary>
[TestClass]
internal sealed class PipelineTests
{
    // Float32: products of some ten numbers, added in another order.
    private const float Tolerance = 1e-4f;

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Customer[] Customers = Customer.Rows(200);
    private static readonly string File = Path.Combine(Path.GetTempPath(), $"customers-{Guid.NewGuid():N}.onnx");
    private static readonly Answer[] Expected;
    private static readonly ITransformer Model;

    static PipelineTests()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Customers);
        Model = Customer.Fit(Ml, rows);
        Ml.MixedPrecision().Model.ExportToOnnx(Model, rows.Schema, File);
        Expected = Answers(Customers);
    }

    [ClassCleanup]
    public static void DeleteFile() => System.IO.File.Delete(File);

    [TestMethod]
    public async Task Score_RowsOfSeveralColumns_EqualTransform()
    {
        await using RunningService service = await StartAsync();
        JsonElement answer = await service.ScoreAsync(
            new JsonArray([.. Customers[..50].Select(customer => Json(customer))]).ToJsonString());
        Assert.AreEqual(50, answer.GetArrayLength());
        for (int i = 0; i < 50; i++)
        {
            Check(Expected[i], answer[i]);
        }
    }

    [TestMethod]
    public async Task Score_OneRow_EqualsTransform()
    {
        await using RunningService service = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            Check(Expected[i], await service.ScoreAsync(Json(Customers[i]).ToJsonString()));
        }
    }

    [TestMethod]
    public async Task Score_Columns_EqualTransform()
    {
        await using RunningService service = await StartAsync();
        JsonObject[] rows = [.. Customers[..20].Select(customer => Json(customer))];
        var columns = new JsonObject(
            rows[0].Select(
                field => KeyValuePair.Create(field.Key, (JsonNode?)new JsonArray([.. rows.Select(row => row[field.Key]?.DeepClone())]))));

        JsonElement answer = await service.ScoreAsync(columns.ToJsonString());

        for (int i = 0; i < 20; i++)
        {
            Assert.AreEqual(Expected[i].Score, answer.GetProperty("Score")[i].GetSingle(), Tolerance);
            Assert.AreEqual(Expected[i].PredictedLabel, answer.GetProperty("PredictedLabel")[i].GetBoolean());
        }
    }

    [TestMethod]
    [DataRow("age")]
    [DataRow("AGE")]
    public async Task Score_NamesInAnotherCase_AreFound(string name)
    {
        await using RunningService service = await StartAsync();
        JsonObject row = Json(Customers[3], age: name);
        Check(Expected[3], await service.ScoreAsync(row.ToJsonString()));
    }

    /// <summary>Four clients of one batch get their answers, whatever a fifth and a sixth send; these get what the model itself
    /// says.</summary>
    [TestMethod]
    public async Task Score_RowsThatAreNotFiniteInside_LeaveTheOthersAlone()
    {
        await using RunningService service = await StartAsync("--max-batch", "6", "--max-delay", "20000");
        var huge = new Customer { Age = 3e38f, Income = 1e300, City = "Oslo", Scores = [3e38f, -3e38f] };
        var missing = new Customer { Age = 30, Income = 1, City = "Oslo", Scores = [float.NaN, 0] };
        Customer[] clients = [.. Customers[..4], huge, missing];

        JsonElement[] answers = await Task.WhenAll(clients.Select(customer => service.ScoreAsync(Json(customer).ToJsonString())));

        Assert.AreEqual(1, service.Batcher.Statistics.Batches);
        for (int i = 0; i < 4; i++)
        {
            Check(Expected[i], answers[i]);
        }

        Check(Answers([missing])[0], answers[5]);
        Assert.AreEqual("NaN", answers[5].GetProperty("Score").GetString());
        Assert.IsFalse(answers[5].GetProperty("PredictedLabel").GetBoolean());
    }

    [TestMethod]
    [DataRow("City", "3", "'City' is the number 3; write a text, or null for a missing one")]
    [DataRow("Smokes", "1", "'Smokes' is the number 1; write true or false")]
    [DataRow("Visits", "1.5", "'Visits' is the number 1.5; write a whole number from -2147483648 to 2147483647")]
    [DataRow("Visits", "null", "'Visits' is null; write a whole number")]
    [DataRow("Visits", "3000000000", "'Visits' is the number 3000000000; write a whole number")]
    [DataRow("Age", "\"30\"", "'Age' is the text \"30\"; write a number")]
    [DataRow("Income", "1e999", "'Income' is 1e999, beyond double precision")]
    [DataRow("City", "\"\\ud800\"", "with half of a character")]
    [DataRow("Age", "[30]", "'Income' has the value of one row and 'Age' an array of 1; write as many for every field")]
    public async Task Score_AValueOfAnotherKind_SaysWhatToWrite(string column, string value, string says)
    {
        await using RunningService service = await StartAsync();
        JsonObject row = Json(Customers[0]);
        row[column] = "*";
        using HttpResponseMessage response = await service.PostAsync(row.ToJsonString().Replace("\"*\"", value, StringComparison.Ordinal));
        await Problem.CheckAsync(response, 400, says);
    }

    [TestMethod]
    public async Task Score_WithoutAColumn_NamesIt()
    {
        await using RunningService service = await StartAsync();
        JsonObject row = Json(Customers[0]);
        row.Remove("City");
        using HttpResponseMessage response = await service.PostAsync(row.ToJsonString());
        await Problem.CheckAsync(response, 400, "it has no 'City'");
    }

    [TestMethod]
    public async Task OpenApi_OfAPipeline_HasItsColumns()
    {
        await using RunningService service = await StartAsync("--max-batch", "32");
        JsonElement document = await service.Client.GetFromJsonAsync<JsonElement>("openapi/v1.json");

        JsonElement post = document.GetProperty("paths").GetProperty("/score").GetProperty("post");
        JsonElement forms = post.GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema")
            .GetProperty("anyOf");
        JsonElement row = forms[0].GetProperty("properties"), columns = forms[2].GetProperty("properties");
        string[] names = ["Age", "City", "Income", "Scores", "Smokes", "Visits"];
        CollectionAssert.AreEqual(names, row.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEquivalent(names, forms[0].GetProperty("required").EnumerateArray().Select(name => name.GetString()).ToArray());
        CollectionAssert.AreEquivalent(new[] { "null", "number" }, Types(row.GetProperty("Age")));
        CollectionAssert.AreEquivalent(new[] { "null", "string" }, Types(row.GetProperty("City")));
        CollectionAssert.AreEqual(new[] { "integer" }, Types(row.GetProperty("Visits")));
        CollectionAssert.AreEqual(new[] { "boolean" }, Types(row.GetProperty("Smokes")));
        Assert.AreEqual(
            (2, 2),
            (row.GetProperty("Scores").GetProperty("minItems").GetInt32(), row.GetProperty("Scores").GetProperty("maxItems").GetInt32()));
        CollectionAssert.AreEqual(new[] { "array" }, Types(columns.GetProperty("Visits")));
        Assert.AreEqual(32, forms[1].GetProperty("maxItems").GetInt32());
        JsonElement answer = post.GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema")
            .GetProperty("anyOf")[0];
        CollectionAssert.IsSubsetOf(
            new[] { "Score", "Probability", "PredictedLabel" },
            answer.GetProperty("required").EnumerateArray().Select(name => name.GetString()).ToArray());
        CollectionAssert.AreEquivalent(
            new[] { "/score", "/health", "/stats" },
            document.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToArray());
    }

    private static Task<RunningService> StartAsync(params string[] options)
        => RunningService.StartAsync(null, ["--model", File, .. options]);

    private static Answer[] Answers(Customer[] customers)
        => [.. Ml.Data.CreateEnumerable<Answer>(Model.Transform(Ml.Data.LoadFromEnumerable(customers)), reuseRowObject: false)];

    /// <summary>A row, with the fields in an order that is not the model's.</summary>
    private static JsonObject Json(Customer customer, string age = "Age") => new()
    {
        ["Scores"] = new JsonArray([.. customer.Scores.Select(Number)]),
        ["City"] = customer.City,
        ["Visits"] = customer.Visits,
        [age] = Number(customer.Age),
        ["Smokes"] = customer.Smokes,
        ["Income"] = customer.Income,
    };

    private static JsonNode? Number(float value) => float.IsNaN(value) ? null : JsonValue.Create(value);

    private static void Check(Answer expected, JsonElement answer)
    {
        Check(expected.Score, answer.GetProperty("Score"));
        Check(expected.Probability, answer.GetProperty("Probability"));
        Assert.AreEqual(expected.PredictedLabel, answer.GetProperty("PredictedLabel").GetBoolean());
    }

    private static void Check(float expected, JsonElement actual)
    {
        if (float.IsFinite(expected))
        {
            Assert.AreEqual(expected, actual.GetSingle(), Tolerance);
        }
        else
        {
            Assert.AreEqual(expected.ToString(CultureInfo.InvariantCulture), actual.GetString());
        }
    }

    private static string?[] Types(JsonElement schema)
    {
        JsonElement type = schema.GetProperty("type");
        return type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(name => name.GetString())] : [type.GetString()];
    }

    private sealed class Answer
    {
        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
