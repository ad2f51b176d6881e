using System.Net.Http.Json;
using System.Text.Json;

namespace OnnxScoring.Tests;

/// <summary>Checks of answers that are errors.</summary>
internal static class Problem
{
    /// <summary>Checks that an answer is a problem of RFC 9457 with a status, whose detail says something.</summary>
    public static async Task CheckAsync(HttpResponseMessage response, int status, string says)
    {
        string text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(status, (int)response.StatusCode, text);
        Assert.AreEqual("application/problem+json", response.Content.Headers.ContentType?.MediaType, text);
        JsonElement problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.AreEqual(status, problem.GetProperty("status").GetInt32());
        Assert.Contains(says, problem.GetProperty("detail").GetString()!);
    }
}
