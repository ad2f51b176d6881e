using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>A row of a table; a table fills what it has.</summary>
internal sealed class Example
{
    /// <summary>Categories; empty where the table has fewer.</summary>
    public string A { get; set; } = "";

    /// <inheritdoc cref="A"/>
    public string B { get; set; } = "";

    /// <inheritdoc cref="A"/>
    public string C { get; set; } = "";

    /// <inheritdoc cref="A"/>
    public string D { get; set; } = "";

    /// <summary>Numbers; NaN where one is missing.</summary>
    [VectorType(1)]
    public float[] Numbers { get; set; } = [];

    /// <summary>The label of yes or no.</summary>
    public bool Yes { get; set; }

    /// <summary>The label of several classes.</summary>
    public string Class { get; set; } = "";

    /// <summary>The label that is a number.</summary>
    public float Amount { get; set; }
}
