using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>PyTorch, set up in each way of <see cref="PeerSetup.All"/>, in turns with ours. One that is not fit is a line with the
/// reason.</summary>
internal sealed class PeerContest : IDisposable
{
    private const int WarmUpRuns = 5;

    /// <summary>Long enough for the threads of whoever came before to stop spinning.</summary>
    private const int RestMilliseconds = 40;

    private readonly List<TorchPeer> _peers = [];
    private List<Entry> _entries = [];

    /// <summary>Starts them.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="threads">To compute with.</param>
    /// <param name="report">Receives a line about each.</param>
    public PeerContest(string python, int threads, Report report)
    {
        foreach (PeerSetup setup in PeerSetup.All)
        {
            var identity = new JsonObject { ["kind"] = "peer", ["setup"] = setup.Name };
            report.Attempt(
                identity,
                line =>
                {
                    _peers.Add(new TorchPeer(python, setup, threads));
                    line["facts"] = JsonSerializer.SerializeToNode(_peers[^1].Facts);
                },
                inTable: false);
        }
    }

    /// <summary>Warms the peers up for a work, or does nothing where they have no such arithmetic.</summary>
    public void Begin(CpuWork work)
    {
        _entries = [];
        if (work.PeerRequest is not { } request)
        {
            return;
        }

        foreach (TorchPeer peer in _peers)
        {
            peer.Time(request, WarmUpRuns);
            _entries.Add(new Entry(peer, request, CpuWork.GroupOf(peer.Time(request, WarmUpRuns) / WarmUpRuns)));
        }
    }

    /// <summary>Waits until nobody spins any more.</summary>
    public void Rest()
    {
        if (_entries.Count > 0)
        {
            Thread.Sleep(RestMilliseconds);
        }
    }

    /// <summary>Measures each once, as <see cref="CpuWork.Measure"/> does ours.</summary>
    /// <param name="ours">Our time of this round.</param>
    public void Measure(double ours)
    {
        foreach (Entry entry in _entries)
        {
            Rest();
            entry.Peer.Time(entry.Request, 1);
            double seconds = entry.Peer.Time(entry.Request, entry.Group) / entry.Group;
            entry.Seconds.Add(seconds);
            entry.Ratios.Add(seconds / ours);
        }
    }

    /// <summary>A line for each; <c>best</c> marks the one with the least median, which counts.</summary>
    public void Report(CpuWork work, Report report)
    {
        Entry? best = _entries.MinBy(entry => Statistics.Median(entry.Seconds));
        foreach (Entry entry in _entries)
        {
            JsonObject line = work.Identity;
            line.Remove("policy");
            line["system"] = "torch-cpu";
            line["version"] = entry.Peer.Facts.Version;
            line["device_name"] = $"CPU ({entry.Peer.Facts.Threads} threads, {entry.Peer.Facts.Blas} {entry.Peer.Facts.BlasCore}, "
                + $"{entry.Peer.Facts.Capability})";
            line["setup"] = (ReferenceEquals(entry, best) ? "best: " : "") + entry.Peer.Setup.Name;
            line["ms"] = Math.Round(Statistics.Median(entry.Seconds) * 1e3, 4);
            line["ms_least"] = Math.Round(entry.Seconds.Min() * 1e3, 4);
            line["gflops"] = Math.Round(work.Operations / Statistics.Median(entry.Seconds) / 1e9, 1);
            line["of_ours"] = Math.Round(Statistics.Median(entry.Ratios), 3);
            report.Add(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _peers.ForEach(peer => peer.Dispose());

    private sealed record Entry(TorchPeer Peer, JsonObject Request, int Group)
    {
        public List<double> Seconds { get; } = [];

        public List<double> Ratios { get; } = [];
    }
}
