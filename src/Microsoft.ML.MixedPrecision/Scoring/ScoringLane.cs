using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>What one thread needs to take rows through the whole network by itself.</summary>
internal sealed class ScoringLane : IDisposable
{
    private readonly CpuDevice _device;

    /// <summary>Makes room.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Its weights, on the CPU.</param>
    /// <param name="maxRows">Most rows at a time.</param>
    /// <param name="softmax">Whether scores are the softmax of the outputs.</param>
    public ScoringLane(Network network, ScoringWeights weights, int maxRows, bool softmax)
    {
        _device = new CpuDevice(threads: 1, ((CpuDevice)weights.Device).Path);
        Session = new ScoringSession(network, weights, maxRows, _device) { Softmax = softmax };
    }

    /// <summary>The forward pass.</summary>
    public ScoringSession Session { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Session.Dispose();
        _device.Dispose();
    }
}
