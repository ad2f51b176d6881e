using System.Globalization;

namespace OnnxScoring;

/// <summary>What the service answers to. Errors are problem details, <see href="https://www.rfc-editor.org/rfc/rfc9457">RFC
/// 9457</see>.</summary>
internal static class Endpoints
{
    /// <summary>Seconds after which a client that was turned away may come again: many batches later.</summary>
    private const int RetrySeconds = 1;

    /// <summary>Adds <c>POST /score</c>, <c>GET /health</c>, <c>GET /stats</c> and <c>GET /openapi/v1.json</c>.</summary>
    public static void MapScoring(this WebApplication app)
    {
        app.MapPost("/score", ScoreAsync);
        app.MapGet("/health", (IScoringModel model, ScoringOptions options) => Results.Ok(new
        {
            Status = "ready",
            Model = model.Name,
            model.Provider,
            Inputs = model.Columns.Inputs.Select(input => new { input.Name, Type = input.JsonType, input.Width }),
            Outputs = model.Outputs.Select(output => new { output.Name, Type = output.JsonType, output.Width }),
            MaxRows = options.MaxBatch,
        }));
        app.MapGet("/stats", (Batcher batcher) => Results.Ok(batcher.Statistics));
        app.MapOpenApi();
    }

    /// <summary>What to say of a path or a method that there is not.</summary>
    public static string? Advice(HttpRequest request, int? status) => status switch
    {
        StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed
            => $"There is no {request.Method} {request.Path}: there are POST /score, GET /health, GET /stats and GET /openapi/v1.json.",
        _ => null,
    };

    private static async Task<IResult> ScoreAsync(HttpContext http, IScoringModel model, Batcher batcher, ScoringOptions options)
    {
        try
        {
            RequestRows rows = await ScoreBody.ReadAsync(http, model, options.MaxBatch);
            var request = new ScoreRequest(rows, http.RequestAborted);
            if (!batcher.TryEnqueue(request))
            {
                return Overloaded(http.Response, options);
            }

            ScoredRows scored = await request.AnswerAsync();
            return Results.Bytes(scored.ToJson(rows.Form), "application/json");
        }
        catch (RefusedException e)
        {
            return Results.Problem(e.Message, statusCode: e.Status);
        }
        catch (ModelFailedException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status500InternalServerError);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody reads it; the number is for the log.
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }

    private static IResult Overloaded(HttpResponse response, ScoringOptions options)
    {
        response.Headers.RetryAfter = RetrySeconds.ToString(CultureInfo.InvariantCulture);
        return Results.Problem(
            $"{options.QueueLength} requests are waiting, which is all that may: come again in {RetrySeconds} s or later.",
            statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
