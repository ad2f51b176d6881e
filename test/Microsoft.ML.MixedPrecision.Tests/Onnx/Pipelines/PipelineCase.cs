namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>A pipeline up to its features, to be exported with a network behind it.</summary>
/// <param name="Name">What is exported.</param>
/// <param name="Steps">The steps, of which the last makes <c>Features</c>, finite on all rows of <see cref="MessyRow"/>.</param>
/// <param name="Inputs">The columns of the data that the file must ask for.</param>
/// <param name="Columns">Columns that must be exactly those of ML.NET's Transform.</param>
internal sealed record PipelineCase(string Name, Func<TransformsCatalog, IEstimator<ITransformer>> Steps, string[] Inputs, string[] Columns)
{
    /// <summary>How far numbers in <see cref="Columns"/> may be from ML.NET's: 0 but where sums are taken in another order.</summary>
    public double Tolerance { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
