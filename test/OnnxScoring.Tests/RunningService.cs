using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OnnxScoring.Tests;

/// <summary>The service in this process, behind Kestrel on a free port of the loopback address, and a client.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _inside;

    private RunningService(WebApplication app)
    {
        _app = app;
        app.Use(async (_, next) =>
        {
            Interlocked.Increment(ref _inside);
            try
            {
                await next();
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        });
    }

    /// <summary>Its time is for machines that are busy with other work.</summary>
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public Batcher Batcher => _app.Services.GetRequiredService<Batcher>();

    /// <summary>Requests that the service works on.</summary>
    public int Inside => Volatile.Read(ref _inside);

    public static async Task<RunningService> StartAsync(IScoringModel? model, params string[] args)
    {
        var service = new RunningService(
            ScoringService.Build(["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None", .. args], model));
        await service._app.StartAsync();
        service.Client.BaseAddress = new Uri(service._app.Urls.Single());
        return service;
    }

    /// <summary>Sends a body, as JSON unless said otherwise.</summary>
    public Task<HttpResponseMessage> PostAsync(string body, CancellationToken cancellationToken = default)
        => Client.PostAsync("score", new StringContent(body, Encoding.UTF8, "application/json"), cancellationToken);

    /// <summary>Sends a body that must be answered with 200.</summary>
    public async Task<JsonElement> ScoreAsync(string body)
    {
        using HttpResponseMessage response = await PostAsync(body);
        Assert.AreEqual(200, (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Waits for a state that must come; half a minute is for machines that are busy with other work.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(2, limit.Token);
        }
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
