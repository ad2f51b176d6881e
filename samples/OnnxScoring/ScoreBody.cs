using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OnnxScoring;

/// <summary>The body of a request, as JSON.</summary>
internal static class ScoreBody
{
    private const int BytesOfRest = 1024;

    /// <summary>Of an escape for a letter of a name, which each row may repeat.</summary>
    private const int BytesOfLetter = 6;

    /// <summary>Reads the rows of a request.</summary>
    /// <exception cref="RefusedException">The body cannot be read; status and message say why.</exception>
    public static async Task<RequestRows> ReadAsync(HttpContext http, IScoringModel model, int mostRows)
    {
        ThrowIfNotJson(http.Request);
        long ofRow = model.Columns.Inputs.Sum(input => ((long)input.Width * input.MostBytes) + (input.Name.Length * BytesOfLetter));
        long mostBytes = BytesOfRest + (mostRows * ofRow);
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = mostBytes;
        try
        {
            using JsonDocument document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            return new RequestReader(model.Columns, mostRows).Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, $"The body is not JSON: {e.Message}");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new RefusedException(
                e.StatusCode, $"The body is longer than {mostBytes} bytes, which {mostRows} rows do not need. Send several requests.");
        }
    }

    private static void ThrowIfNotJson(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            throw Unsupported($"The content type is '{request.ContentType}'; send application/json.");
        }

        StringSegment charset = MediaTypeHeaderValue.Parse(request.ContentType).Charset;
        if (charset.HasValue && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw Unsupported($"The content type is '{request.ContentType}'; JSON is UTF-8.");
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw Unsupported($"The content encoding is '{request.Headers.ContentEncoding}'; send the body as it is.");
        }
    }

    private static RefusedException Unsupported(string message) => new(StatusCodes.Status415UnsupportedMediaType, message);
}
