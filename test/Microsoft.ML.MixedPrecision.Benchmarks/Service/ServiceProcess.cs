using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Service;

/// <summary>samples/OnnxScoring as a process of its own, on a free port of the loopback address.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the service and waits until it listens.</summary>
    /// <param name="model">The file to score with.</param>
    /// <param name="maxBatch">Most rows of a batch.</param>
    /// <param name="maxDelay">Milliseconds that a batch waits.</param>
    /// <exception cref="InvalidOperationException">It ended instead; the message is what it said.</exception>
    public ServiceProcess(string model, int maxBatch, int maxDelay)
    {
        string[] arguments =
        [
            Program(), "--urls", "http://127.0.0.1:0", "--model", model, "--max-batch", Text(maxBatch), "--max-delay", Text(maxDelay),
        ];
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => Ended();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Address = _address.Task.GetAwaiter().GetResult();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> samples/OnnxScoring/bin/<configuration>/<framework>/OnnxScoring.dll
    private static string Program()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        DirectoryInfo? root = framework.Parent?.Parent?.Parent?.Parent?.Parent;
        string program = Path.Combine(
            root?.FullName ?? "",
            "samples",
            "OnnxScoring",
            "bin",
            framework.Parent?.Name ?? "",
            framework.Name,
            "OnnxScoring.dll");
        return File.Exists(program)
            ? program
            : throw new UsageException($"There is no {program}: this command runs in a checkout, where building the benchmarks builds it.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Read(string? line)
    {
        int found = line?.IndexOf(Listening, StringComparison.Ordinal) ?? -1;
        if (found >= 0)
        {
            _address.TrySetResult(new Uri(line![(found + Listening.Length)..]));
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }
    }

    private void Ended()
    {
        lock (_said)
        {
            _address.TrySetException(new InvalidOperationException($"The service ended with {_process.ExitCode}: {_said}"));
        }
    }
}
