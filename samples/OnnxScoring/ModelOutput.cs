using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OnnxScoring;

/// <summary>An output of the model.</summary>
/// <param name="Output">Its name in the file.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Width">Values of a row; 0 where the file does not say.</param>
internal sealed record ModelOutput(string Output, TensorElementType Type, int Width)
{
    /// <summary>What the exporter, as ML.NET, writes behind the name of a column that is an output.</summary>
    private const string Suffix = ".output";

    /// <summary>The column's name, and so of the field of an answer.</summary>
    public string Name => Output.EndsWith(Suffix, StringComparison.Ordinal) ? Output[..^Suffix.Length] : Output;

    /// <summary>What a value is in JSON.</summary>
    public string JsonType => Type switch
    {
        TensorElementType.Float or TensorElementType.Double => "number",
        TensorElementType.Bool => "boolean",
        TensorElementType.String => "string",
        _ => "integer",
    };

    /// <summary>An output; null if the service cannot read it.</summary>
    public static ModelOutput? Create(string name, NodeMetadata output)
    {
        int[] ofRow = output.IsTensor && output.Dimensions.Length > 0 ? output.Dimensions[1..] : [];
        int width = ofRow.Any(size => size < 1) ? 0 : ofRow.Aggregate(1, (product, size) => product * size);
        return output.IsTensor && CanRead(output.ElementDataType) ? new ModelOutput(name, output.ElementDataType, width) : null;
    }

    private static bool CanRead(TensorElementType type) => type
        is TensorElementType.Float or TensorElementType.Double
        or TensorElementType.Int32 or TensorElementType.UInt32 or TensorElementType.Int64
        or TensorElementType.Bool or TensorElementType.String;

    /// <summary>The values of a result.</summary>
    /// <exception cref="InvalidDataException">There are not as many for each row.</exception>
    public ScoredColumn Read(OrtValue value, int rows)
    {
        Array values = Type switch
        {
            TensorElementType.Float => value.GetTensorDataAsSpan<float>().ToArray(),
            TensorElementType.Double => value.GetTensorDataAsSpan<double>().ToArray(),
            TensorElementType.Int32 => value.GetTensorDataAsSpan<int>().ToArray(),
            TensorElementType.UInt32 => value.GetTensorDataAsSpan<uint>().ToArray(),
            TensorElementType.Int64 => value.GetTensorDataAsSpan<long>().ToArray(),
            TensorElementType.Bool => value.GetTensorDataAsSpan<bool>().ToArray(),
            _ => value.GetStringTensorAsArray(),
        };
        return values.Length % rows == 0
            ? new ScoredColumn(Name, values, values.Length / rows)
            : throw new InvalidDataException($"The output {Output} has {values.Length} values for {rows} rows: not as many for each.");
    }
}
