using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OnnxScoring;

/// <summary>An input of the model: a column of the data, of which a request has a value, or a vector of them, for each row.</summary>
/// <param name="name">The column's name.</param>
/// <param name="width">Values of a row.</param>
internal abstract class ModelInput(string name, int width)
{
    /// <summary>The column's name, and so of the field of a request.</summary>
    public string Name => name;

    /// <summary>Values of a row: 1 for a single value, more for a vector.</summary>
    public int Width => width;

    /// <summary>What a value is in JSON: <c>number</c>, <c>integer</c>, <c>boolean</c> or <c>string</c>.</summary>
    public abstract string JsonType { get; }

    /// <summary>Whether a null may be written for a value that is missing.</summary>
    public abstract bool MayBeMissing { get; }

    /// <summary>Enough bytes for a value, a comma and a space.</summary>
    public abstract int MostBytes { get; }

    /// <summary>Memory for rows: (rows, width).</summary>
    public abstract Array NewValues(int rows);

    /// <summary>Reads a value of a request.</summary>
    /// <param name="element">The value.</param>
    /// <param name="values">Memory of <see cref="NewValues"/>.</param>
    /// <param name="index">Where to in it.</param>
    /// <returns>What is wrong with it, as the end of a sentence; null if it was read.</returns>
    public abstract string? Read(JsonElement element, Array values, int index);

    /// <summary>The first rows as ONNX Runtime takes them.</summary>
    /// <param name="values">Memory of <see cref="NewValues"/>.</param>
    /// <param name="shape">The rows, and the dimensions of a row.</param>
    public abstract OrtValue ToTensor(Array values, long[] shape);

    /// <summary>An input of a model; null if the service cannot fill it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="input">Type and dimensions; the first one, of rows, is free.</param>
    public static ModelInput? Create(string name, NodeMetadata input)
    {
        if (!input.IsTensor || input.Dimensions is not [-1, .. var ofRow] || Array.Exists(ofRow, size => size < 1))
        {
            return null;
        }

        int width = ofRow.Aggregate(1, (product, size) => checked(product * size));
        return input.ElementDataType switch
        {
            TensorElementType.Float => new RealInput<float>(name, width),
            TensorElementType.Double => new RealInput<double>(name, width),
            TensorElementType.Int8 => new WholeInput<sbyte>(name, width),
            TensorElementType.Int16 => new WholeInput<short>(name, width),
            TensorElementType.Int32 => new WholeInput<int>(name, width),
            TensorElementType.Int64 => new WholeInput<long>(name, width),
            TensorElementType.UInt8 => new WholeInput<byte>(name, width),
            TensorElementType.UInt16 => new WholeInput<ushort>(name, width),
            TensorElementType.UInt32 => new WholeInput<uint>(name, width),
            TensorElementType.UInt64 => new WholeInput<ulong>(name, width),
            TensorElementType.Bool => new BooleanInput(name, width),
            TensorElementType.String => new TextInput(name, width),
            _ => null,
        };
    }
}
