namespace Microsoft.ML.MixedPrecision.Tensors.Kernels;

/// <summary>
/// A kernel and the values of its macros. The source names them in the line <c>// macros: T_X T_Y ACTIVATION ITEMS</c>: each <c>T_…</c>
/// takes the next of the formats, each other one (<c>ACTIVATION</c>, <c>COLUMNS</c>, <c>ITEMS</c>) the next of the numbers.
/// </summary>
/// <param name="File">The source, without folder: <c>cast.cu</c>.</param>
/// <param name="Function">The function in it: <c>cast</c>.</param>
/// <param name="First">Value of the first <c>T_…</c>.</param>
/// <param name="Second">Value of the second.</param>
/// <param name="Third">Value of the third.</param>
/// <param name="Number">Value of the first macro that is not a format.</param>
/// <param name="SecondNumber">Value of the second.</param>
/// <param name="ThirdNumber">Value of the third.</param>
internal readonly record struct KernelVariant(
    string File,
    string Function,
    NumericFormat First = NumericFormat.Float32,
    NumericFormat Second = NumericFormat.Float32,
    NumericFormat Third = NumericFormat.Float32,
    int Number = 0,
    int SecondNumber = 0,
    int ThirdNumber = 0)
{
    /// <summary>The compiler's options that give the macros of a source their values.</summary>
    /// <param name="macros">The macros' names, in the source's order.</param>
    /// <exception cref="NotSupportedException">The source has more formats or numbers than a variant holds.</exception>
    public IReadOnlyList<string> Definitions(IReadOnlyList<string> macros)
    {
        var definitions = new List<string>();
        int formats = 0, numbers = 0;
        foreach (string macro in macros)
        {
            bool isFormat = macro.StartsWith("T_", StringComparison.Ordinal);
            definitions.Add(isFormat ? $"-D{macro}={Format(formats++).Traits().KernelType}" : $"-D{macro}={NumberAt(numbers++)}");
        }
        return definitions;
    }

    private NumericFormat Format(int index) => index switch
    {
        0 => First,
        1 => Second,
        2 => Third,
        _ => throw new NotSupportedException($"{File} has more than 3 formats; give {nameof(KernelVariant)} another."),
    };

    private int NumberAt(int index) => index switch
    {
        0 => Number,
        1 => SecondNumber,
        2 => ThirdNumber,
        _ => throw new NotSupportedException($"{File} has more than 3 numbers; give {nameof(KernelVariant)} another."),
    };
}
