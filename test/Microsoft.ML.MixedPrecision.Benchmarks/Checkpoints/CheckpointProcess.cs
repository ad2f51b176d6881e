using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>test/CheckpointApp as a process of its own.</summary>
internal sealed class CheckpointProcess : IDisposable
{
    /// <summary>What nothing here takes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private const string Name = "CheckpointApp";

    private readonly Process _process;
    private readonly ManualResetEventSlim _begun = new();
    private readonly Task<string> _error;

    /// <summary>Starts it.</summary>
    /// <param name="arguments">Case, seed, folder, result, device.</param>
    public CheckpointProcess(string[] arguments)
    {
        _process = new Process { StartInfo = File.Exists(Bundled) ? new(Bundled, arguments) : new("dotnet", [Program(), .. arguments]) };
        _process.StartInfo.RedirectStandardOutput = true;
        _process.StartInfo.RedirectStandardError = true;
        _process.OutputDataReceived += (_, line) =>
        {
            HasResumed |= line.Data?.Contains("Training goes on after", StringComparison.Ordinal) == true;
            if (line.Data is "begin" or null)
            {
                _begun.Set();
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Whether it has said that it goes on from a checkpoint.</summary>
    public bool HasResumed { get; private set; }

    /// <summary>Waits until it calls <c>Fit</c>.</summary>
    public void WaitForBegin() => Require(_begun.Wait(Longest), "did not begin");

    /// <summary>Waits until it has ended well.</summary>
    public void WaitForEnd()
    {
        Require(_process.WaitForExit(Longest), "did not end");
        _process.WaitForExit(); // For the last of its output, too.
        Require(_process.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"ended with {_process.ExitCode}"));
    }

    /// <summary>Kills it by signal 9.</summary>
    /// <returns>Whether it had not ended by itself.</returns>
    public bool Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        bool isKilled = _process.ExitCode == 137;
        Require(isKilled || _process.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"ended with {_process.ExitCode}"));
        return isKilled;
    }

    /// <summary>Ends it if need be.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _begun.Dispose();
    }

    private void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"CheckpointApp {what}. {(_process.HasExited ? _error.Result : "")}");
        }
    }

    /// <summary>The program of a bundle (build/bundle.sh), where there is no dotnet.</summary>
    private static string Bundled => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? $"{Name}.exe" : Name);

    // test/<this project>/bin/<configuration>/<framework>/ -> test/CheckpointApp/bin/<configuration>/<framework>/CheckpointApp.dll
    private static string Program()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        DirectoryInfo tests = framework.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(tests.FullName, Name, "bin", framework.Parent.Name, framework.Name, $"{Name}.dll");
    }
}
