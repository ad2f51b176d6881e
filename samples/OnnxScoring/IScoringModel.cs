namespace OnnxScoring;

/// <summary>What the service scores with.</summary>
internal interface IScoringModel
{
    /// <summary>Name for people.</summary>
    string Name { get; }

    /// <summary>Where ONNX Runtime computes: name of its execution provider.</summary>
    string Provider { get; }

    /// <summary>The columns that it reads, and so the fields of a request.</summary>
    ModelColumns Columns { get; }

    /// <summary>The columns that it makes, and so the fields of an answer.</summary>
    IReadOnlyList<ModelOutput> Outputs { get; }

    /// <summary>Scores rows. Called by one thread at a time.</summary>
    /// <param name="columns">For each input (rows, width) values or more, one row after the other.</param>
    /// <param name="rows">How many.</param>
    /// <returns>The outputs, each with as many values for every row.</returns>
    IReadOnlyList<ScoredColumn> Score(IReadOnlyList<Array> columns, int rows);
}
