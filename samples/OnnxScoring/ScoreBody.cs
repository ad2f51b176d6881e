using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace OnnxScoring;

/// <summary>The body of a request, as JSON.</summary>
internal static class ScoreBody
{
    /// <summary>Enough for the longest way in which programs write a Single or Double, a comma and a space.</summary>
    private const int BytesOfNumber = 32;
    private const int BytesOfRest = 1024;

    /// <summary>Reads the rows of a request.</summary>
    /// <exception cref="RefusedException">The body cannot be read; status and message say why.</exception>
    public static async Task<FeatureRows> ReadAsync(HttpContext http, IScoringModel model, int mostRows)
    {
        ThrowIfNotJson(http.Request);
        long mostBytes = BytesOfRest + (long)mostRows * model.Features * BytesOfNumber;
        http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = mostBytes;
        try
        {
            using JsonDocument document = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
            return FeatureRows.Read(document.RootElement, model, mostRows);
        }
        catch (JsonException e)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, $"The body is not JSON: {e.Message}");
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new RefusedException(e.StatusCode, $"The body is longer than {mostBytes} bytes, which {mostRows} rows of {model.Features} numbers do not need. Send several requests.");
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
