using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Bytes that a training plan allocates, by category. Everything is allocated before the first step.</summary>
public sealed class MemoryReport
{
    internal MemoryReport()
    {
    }

    /// <summary>Float32 weights.</summary>
    public long Masters { get; internal init; }

    /// <summary>16-bit copies of the weights that the products read; 0 when products read the masters.</summary>
    public long Shadows { get; internal init; }

    /// <summary>Float32 gradients of the weights.</summary>
    public long Gradients { get; internal init; }

    /// <summary>The optimizer's moments, Float32.</summary>
    public long Moments { get; internal init; }

    /// <summary>Labels and example weights of a batch, activations kept for backward and their gradients, buffers with disjoint lifetimes
    /// sharing bytes.</summary>
    public long Activations { get; internal init; }

    /// <summary>The step's states and its records, running statistics.</summary>
    public long Workspace { get; internal init; }

    /// <summary>Working memory of the kernels, for all threads.</summary>
    public long Scratch { get; internal init; }

    /// <summary>The staged training rows, in the format that steps read. While they are read and scaled
    /// (<see cref="TableTrainerOptions.FeatureScaling"/>) or filled (<see cref="TableTrainerOptions.MissingValues"/>), before anything else
    /// here is allocated, they take Float32.</summary>
    public long Data { get; internal init; }

    /// <summary>The sum.</summary>
    public long Total => Masters + Shadows + Gradients + Moments + Activations + Workspace + Scratch + Data;

    /// <summary>A table with one line a category, in KiB.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach ((string name, long bytes) in new[]
        {
            ("masters", Masters), ("shadows", Shadows), ("gradients", Gradients), ("moments", Moments),
            ("activations", Activations), ("workspace", Workspace), ("scratch", Scratch), ("data", Data), ("total", Total),
        })
        {
            text.Append(CultureInfo.InvariantCulture, $"{name,-12}{bytes / 1024.0,12:N1} KiB").AppendLine();
        }

        return text.ToString();
    }
}
