using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>A page of a browser by the DevTools protocol: one command at a time, and what happened meanwhile.</summary>
internal sealed class BrowserPage : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(120));
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _last;

    private BrowserPage() => _socket.Options.Proxy = null;

    /// <summary>Errors and warnings of the console, uncaught exceptions.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Addresses that were asked for, but for data that is in the page itself.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Connects to a page.</summary>
    public static async Task<BrowserPage> ConnectAsync(Uri address)
    {
        var page = new BrowserPage();
        await page._socket.ConnectAsync(address, page._patience.Token);
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await page.SendAsync($"{domain}.enable");
        }

        return page;
    }

    /// <summary>Shows the page as a screen of a width does, in light or dark.</summary>
    public async Task EmulateAsync(int width, bool dark)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject
        {
            ["width"] = width,
            ["height"] = 900,
            ["deviceScaleFactor"] = 1,
            ["mobile"] = width < 600
        });
        var scheme = new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" };
        await SendAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(scheme) });
    }

    /// <summary>Goes to an address and waits until all is loaded.</summary>
    public async Task NavigateAsync(Uri address)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri });
        while (await EvaluateAsync("document.readyState + ' ' + location.href") != $"complete {address.AbsoluteUri}")
        {
            await Task.Delay(20, _patience.Token);
        }
    }

    /// <summary>The value of an expression, as text.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        JsonNode result = await SendAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = $"String({expression})", ["returnByValue"] = true });
        return (string?)result["result"]!["value"] ?? throw new InvalidOperationException(result.ToJsonString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _patience.Dispose();
    }

    private async Task<JsonNode> SendAsync(string method, JsonObject? parameters = null)
    {
        int id = ++_last;
        string command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] }.ToJsonString();
        await _socket.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, endOfMessage: true, _patience.Token);
        while (true)
        {
            JsonNode message = await ReceiveAsync();
            if ((int?)message["id"] == id)
            {
                return message["result"] ?? throw new InvalidOperationException(message.ToJsonString());
            }

            Note(message);
        }
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var text = new MemoryStream();
        ValueWebSocketReceiveResult piece;
        do
        {
            piece = await _socket.ReceiveAsync(_buffer.AsMemory(), _patience.Token);
            text.Write(_buffer, 0, piece.Count);
        }
        while (!piece.EndOfMessage);
        return JsonNode.Parse(text.ToArray())!;
    }

    private void Note(JsonNode message)
    {
        switch ((string?)message["method"])
        {
            case "Runtime.consoleAPICalled" or "Runtime.exceptionThrown" or "Log.entryAdded":
                Complaints.Add(message.ToJsonString());
                break;
            case "Network.requestWillBeSent" when (string)message["params"]!["request"]!["url"]! is var url
                && !url.StartsWith("data:", StringComparison.Ordinal):
                Requests.Add(url);
                break;
        }
    }
}
