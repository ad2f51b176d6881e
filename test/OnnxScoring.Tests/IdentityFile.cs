using System.Text;

namespace OnnxScoring.Tests;

/// <summary>The smallest ONNX file, y = x, written by the field numbers of onnx.proto.</summary>
internal static class IdentityFile
{
    /// <summary>The file.</summary>
    /// <param name="rows">Rows, which are fixed.</param>
    /// <param name="columns">Values of a row, Float.</param>
    public static byte[] Of(int rows, int columns)
    {
        byte[] shape = [.. Part(1, Number(1, rows)), .. Part(1, Number(1, columns))];
        byte[] type = Part(2, Part(1, [.. Number(1, 1), .. Part(2, shape)]));
        byte[] node = [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Identity")];
        byte[] graph = [
            .. Part(1, node),
            .. Text(2, "g"),
            .. Part(11, [.. Text(1, "x"), .. type]),
            .. Part(12, [.. Text(1, "y"), .. type])];
        return [.. Number(1, 8), .. Part(7, graph), .. Part(8, Number(2, 17))];
    }

    private static byte[] Text(int field, string text) => Part(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Contents of fewer than 128 bytes.</summary>
    private static byte[] Part(int field, byte[] contents) => [(byte)((field << 3) | 2), (byte)contents.Length, .. contents];

    private static byte[] Number(int field, int value) => [(byte)(field << 3), (byte)value];
}
