using System.Globalization;
using Microsoft.OpenApi;

namespace OnnxScoring;

/// <summary>The OpenAPI document: rows and answers have the columns of the model that is served.</summary>
internal static class ScoringDocument
{
    private const string Json = "application/json";
    private const string ProblemJson = "application/problem+json";

    /// <summary>Fills in what only the model knows.</summary>
    /// <param name="document">The document, with the service's paths.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">The limits.</param>
    public static void Describe(OpenApiDocument document, IScoringModel model, ScoringOptions options)
    {
        document.Info = new OpenApiInfo { Title = $"Scoring with {model.Name}", Version = "1" };
        OpenApiOperation score = document.Paths["/score"].Operations![HttpMethod.Post];
        score.Summary = "Scores rows.";
        string most = options.MaxBatch.ToString(CultureInfo.InvariantCulture);
        score.Description = $"A row, an array of rows, or an object of columns; up to {most} rows. The case of field names does not count.";
        score.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = Content(Json, AnyForm(RowOf(model.Columns), ColumnsOf(model.Columns), options.MaxBatch)),
        };
        score.Responses = new OpenApiResponses
        {
            ["200"] = Response(
                "The columns that the model makes, in the form of the request.", Json, AnyForm(
                    RowOf(model.Outputs),
                    ColumnsOf(model.Outputs),
                    options.MaxBatch)),
            ["400"] = Problem("The body is not such rows; the detail says what and where."),
            ["413"] = Problem("The body is too long."),
            ["415"] = Problem("The body is not JSON in UTF-8, or is compressed."),
            ["500"] = Problem("The model failed on these rows."),
            ["503"] = Problem("Too many requests are waiting; Retry-After says when to come again."),
        };
    }

    private static OpenApiSchema AnyForm(OpenApiSchema row, OpenApiSchema columns, int mostRows)
        => new()
        {
            AnyOf = [row, new OpenApiSchema { Type = JsonSchemaType.Array, Items = row, MinItems = 1, MaxItems = mostRows }, columns],
        };

    private static OpenApiSchema RowOf(ModelColumns columns) => Row(columns.Inputs.Select(input => (input.Name, Value(input))));

    private static OpenApiSchema ColumnsOf(ModelColumns columns)
        => Row(columns.Inputs.Select(input => (input.Name, ArrayOf(Value(input)))));

    private static OpenApiSchema RowOf(IReadOnlyList<ModelOutput> outputs)
        => Row(outputs.Select(output => (output.Name, Value(output))));

    private static OpenApiSchema ColumnsOf(IReadOnlyList<ModelOutput> outputs)
        => Row(outputs.Select(output => (output.Name, ArrayOf(Value(output)))));

    private static OpenApiSchema Row(IEnumerable<(string Name, OpenApiSchema Schema)> fields)
    {
        var properties = fields.ToDictionary(field => field.Name, field => (IOpenApiSchema)field.Schema);
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = properties,
            Required = properties.Keys.ToHashSet(),
            AdditionalPropertiesAllowed = false,
        };
    }

    private static OpenApiSchema Value(ModelInput input)
    {
        var value = new OpenApiSchema { Type = TypeOf(input.JsonType) | (input.MayBeMissing ? JsonSchemaType.Null : 0) };
        return input.Width == 1 ? value : ArrayOf(value, input.Width);
    }

    /// <summary>A number that is not finite is a text.</summary>
    private static OpenApiSchema Value(ModelOutput output)
    {
        var value = new OpenApiSchema { Type = TypeOf(output.JsonType) | (output.JsonType == "number" ? JsonSchemaType.String : 0) };
        return output.Width switch { 1 => value, 0 => ArrayOf(value), _ => ArrayOf(value, output.Width) };
    }

    private static OpenApiSchema ArrayOf(OpenApiSchema items, int? length = null)
        => new() { Type = JsonSchemaType.Array, Items = items, MinItems = length, MaxItems = length };

    private static JsonSchemaType TypeOf(string name) => name switch
    {
        "number" => JsonSchemaType.Number,
        "integer" => JsonSchemaType.Integer,
        "boolean" => JsonSchemaType.Boolean,
        _ => JsonSchemaType.String,
    };

    private static OpenApiResponse Problem(string description)
    {
        var properties = new Dictionary<string, IOpenApiSchema>
        {
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
        };
        return Response(description, ProblemJson, new OpenApiSchema { Type = JsonSchemaType.Object, Properties = properties });
    }

    private static OpenApiResponse Response(string description, string type, OpenApiSchema schema)
        => new() { Description = description, Content = Content(type, schema) };

    private static Dictionary<string, OpenApiMediaType> Content(string type, OpenApiSchema schema)
        => new() { [type] = new OpenApiMediaType { Schema = schema } };
}
