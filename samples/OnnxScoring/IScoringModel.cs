namespace OnnxScoring;

/// <summary>What the service scores with.</summary>
internal interface IScoringModel
{
    /// <summary>Name for people.</summary>
    string Name { get; }

    /// <summary>Where ONNX Runtime computes: name of its execution provider.</summary>
    string Provider { get; }

    /// <summary>Name of the input, and so of the field of a request.</summary>
    string Input { get; }

    /// <summary>Numbers of a row.</summary>
    int Features { get; }

    /// <summary>Scores rows. Called by one thread at a time.</summary>
    /// <param name="features">The rows, one after the other: (rows, <see cref="Features"/>).</param>
    /// <param name="rows">How many.</param>
    /// <returns>The outputs, each with as many values for every row.</returns>
    IReadOnlyList<ScoredColumn> Score(Memory<float> features, int rows);
}
