using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OnnxScoring.Tests;

/// <summary>A model of two features with known results, which a test can hold in the middle of a batch and let fail.</summary>
internal sealed class ControlledModel : IScoringModel, IDisposable
{
    /// <summary>A first feature that the model fails on.</summary>
    public const float Poison = 666;

    /// <summary>What it says then.</summary>
    public const string Secret = "the poisoned row";

    private readonly ManualResetEventSlim _gate;
    private readonly ConcurrentQueue<int> _batches = [];

    /// <summary>Makes the model.</summary>
    /// <param name="held">Whether batches wait inside until <see cref="Release"/>.</param>
    public ControlledModel(bool held = false) => _gate = new(!held);

    public string Name => "controlled";

    public string Provider => "test";

    public ModelColumns Columns { get; } = new([new RealInput<float>("x", 2)]);

    public IReadOnlyList<ModelOutput> Outputs { get; } = [new("Sum", TensorElementType.Float, 1), new("Ratio", TensorElementType.Float, 1)];

    /// <summary>Rows of each batch so far, the one that is held too.</summary>
    public IReadOnlyList<int> Batches => [.. _batches];

    /// <summary>Lets all batches through.</summary>
    public void Release() => _gate.Set();

    /// <summary>The sum and the ratio of the two features of each row.</summary>
    public IReadOnlyList<ScoredColumn> Score(IReadOnlyList<Array> columns, int rows)
    {
        _batches.Enqueue(rows);
        _gate.Wait();
        float[][] x = [.. ((float[])columns[0]).Chunk(2).Take(rows)];
        return x.Any(row => row[0] == Poison)
            ? throw new InvalidOperationException(Secret)
            : [new("Sum", x.Select(row => row[0] + row[1]).ToArray(), 1), new("Ratio", x.Select(row => row[0] / row[1]).ToArray(), 1)];
    }

    public void Dispose() => _gate.Dispose();
}
