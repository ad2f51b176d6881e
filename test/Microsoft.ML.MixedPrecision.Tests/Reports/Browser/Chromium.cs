using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>
/// A headless Chromium (Debian's package <c>chromium</c>), driven by its DevTools protocol
/// (https://chromedevtools.github.io/devtools-protocol). With MIXEDPRECISION_REQUIRE_CHROMIUM=1 a missing one is a failure; else tests
/// that want it are skipped and say so.
/// </summary>
internal sealed class Chromium : IDisposable
{
    private const string RequireVariable = "MIXEDPRECISION_REQUIRE_CHROMIUM";
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("mixedprecision-chromium");
    private readonly Process _process;

    private Chromium(string file)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0",
            $"--user-data-dir={_profile.FullName}", "about:blank",
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Starts one, or ends the test as skipped or failed.</summary>
    public static Chromium Start()
    {
        string? file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (file is not null)
        {
            return new Chromium(file);
        }

        string message = $"There is no Chromium here: none of {string.Join(", ", Names)} is in PATH. On Debian: apt-get install chromium.";
        if (Environment.GetEnvironmentVariable(RequireVariable) == "1")
        {
            Assert.Fail(message);
        }

        Assert.Inconclusive(message);
        throw new UnreachableException();
    }

    /// <summary>Its page.</summary>
    public async Task<BrowserPage> OpenPageAsync()
    {
        using var http = new HttpClient(new HttpClientHandler { UseProxy = false });
        string port = await WaitForPortAsync();
        while (true)
        {
            JsonArray targets = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list")))!.AsArray();
            JsonNode? page = targets.FirstOrDefault(target => (string?)target!["type"] == "page");
            if (page is not null)
            {
                return await BrowserPage.ConnectAsync(new Uri((string)page["webSocketDebuggerUrl"]!));
            }

            await Task.Delay(50);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A child that is just ending may still write; the system's temporary folder is cleared by others.
        }
    }

    private async Task<string> WaitForPortAsync()
    {
        string file = Path.Combine(_profile.FullName, "DevToolsActivePort");
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < Patience; await Task.Delay(50))
        {
            if (File.Exists(file) && await File.ReadAllLinesAsync(file) is [{ Length: > 0 } port, ..])
            {
                return port;
            }
        }

        throw new TimeoutException($"Chromium said no port within {Patience.TotalSeconds} s.");
    }
}
