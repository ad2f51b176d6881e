using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>PyTorch as a process of its own (<c>peers/torch_cpu_baseline.py</c>) that does the same work in turns with ours; between its
/// turns it waits for a line.</summary>
internal sealed class TorchPeer : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it and looks at what computes there.</summary>
    /// <param name="python">The interpreter that has PyTorch.</param>
    /// <param name="setup">How it is set up.</param>
    /// <param name="threads">To compute with.</param>
    /// <exception cref="InvalidOperationException">It did not start, or is not fit to be compared with.</exception>
    public TorchPeer(string python, PeerSetup setup, int threads)
    {
        Setup = setup;
        string script = Path.Combine(AppContext.BaseDirectory, "peers", "torch_cpu_baseline.py");
        var start = new ProcessStartInfo(
            python,
            [script, threads.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardInput = true, RedirectStandardOutput = true };
        setup.Apply(start.Environment);
        _process = Process.Start(start)!;
        try
        {
            Facts = JsonSerializer.Deserialize<PeerFacts>(Answer())!;
            if (Facts.Fault(Avx2.IsSupported, threads, setup.WaitPolicy) is { } fault)
            {
                throw new InvalidOperationException($"The peer '{setup.Name}' is refused: {fault}");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How it is set up.</summary>
    public PeerSetup Setup { get; }

    /// <summary>What computes there.</summary>
    public PeerFacts Facts { get; }

    /// <summary>Seconds of several runs of a work.</summary>
    /// <param name="request">The work, as <see cref="CpuWork.PeerRequest"/> gives it.</param>
    /// <param name="runs">How often.</param>
    public double Time(JsonObject request, int runs)
    {
        JsonNode line = request.DeepClone();
        line["runs"] = runs;
        line["foreach"] = Setup.Foreach;
        _process.StandardInput.WriteLine(line.ToJsonString());
        return JsonNode.Parse(Answer())!["seconds"]!.GetValue<double>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private string Answer() => _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException($"'{_process.StartInfo.FileName}' ended without an answer. Give --peer an interpreter "
            + $"that has torch, on Debian /usr/bin/python3 with python3-torch and libopenblas0-openmp.");
}
