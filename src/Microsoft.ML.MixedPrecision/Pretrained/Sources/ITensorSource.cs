namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>Named arrays of numbers in files that others wrote.</summary>
internal interface ITensorSource
{
    /// <summary>Where they are, for messages.</summary>
    string Path { get; }

    /// <summary>The shape of each.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes { get; }

    /// <summary>Reads one, the last dimension fastest, as Float32: exact from Float32, Float16 and BFloat16, rounded from
    /// Float64.</summary>
    /// <param name="name">One of <see cref="Shapes"/>.</param>
    /// <exception cref="InvalidDataException">It holds numbers of another format.</exception>
    /// <exception cref="EndOfStreamException">The file has become shorter.</exception>
    float[] Read(string name);
}
