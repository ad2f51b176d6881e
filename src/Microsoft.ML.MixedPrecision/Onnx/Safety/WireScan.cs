using Google.Protobuf.Reflection;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>
/// Walks the bytes of a file along the schema before any object is made of them: refuses fields that the schema does not have, which a
/// parser would keep and ONNX Runtime might read, and counts what the objects would take: two bytes of a file can be a node of 200.
/// </summary>
/// <remarks>Source of the wire format: https://protobuf.dev/programming-guides/encoding.</remarks>
/// <param name="limits">The limits.</param>
internal sealed class WireScan(OnnxModelLimits limits)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    /// <summary>About what an object of a message takes with its empty lists.</summary>
    private const int MessageBytes = 256;

    /// <summary>About what a text or a list's place takes besides its characters.</summary>
    private const int ItemBytes = 48;

    /// <summary>A number in a list that grows by doubling.</summary>
    private const int NumberBytes = 16;

    private long _objectBytes;
    private int _nodes;

    /// <summary>Walks a whole file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <exception cref="OnnxModelRefusedException">It is damaged, holds unknown fields, or is above a limit.</exception>
    public void Check(ReadOnlySpan<byte> file) => Message(file, ModelProto.Descriptor, 1);

    private void Message(ReadOnlySpan<byte> bytes, MessageDescriptor type, int depth)
    {
        if (depth > limits.MaxDepth)
        {
            throw Refusal.AboveLimit($"messages lie {depth} deep inside each other", limits.MaxDepth, nameof(OnnxModelLimits.MaxDepth));
        }

        if (type == NodeProto.Descriptor && ++_nodes > limits.MaxNodes)
        {
            throw Refusal.AboveLimit($"it has {_nodes} nodes or more", limits.MaxNodes, nameof(OnnxModelLimits.MaxNodes));
        }

        Count(MessageBytes);
        while (!bytes.IsEmpty)
        {
            ulong tag = Number(ref bytes);
            int number = (int)Math.Min(tag >> 3, int.MaxValue);
            var field = type.FindFieldByNumber(number) ?? throw UnknownFields.Refuse(type, number);
            Field(ref bytes, field, (int)(tag & 7), depth);
        }
    }

    private void Field(ref ReadOnlySpan<byte> bytes, FieldDescriptor field, int wire, int depth)
    {
        int expected = WireOf(field.FieldType);
        if (wire == Delimited)
        {
            var content = Take(ref bytes, Number(ref bytes));
            if (field.FieldType == FieldType.Message)
            {
                Message(content, field.MessageType, depth + 1);
            }
            else if (expected == Delimited)
            {
                Count(ItemBytes + ((long)content.Length * (field.FieldType == FieldType.String ? 2 : 1)));
            }
            else if (field.IsRepeated)
            {
                Packed(content, field, expected);
            }
            else
            {
                throw WrongWire(field, wire);
            }

            return;
        }

        if (wire != expected)
        {
            throw WrongWire(field, wire);
        }

        Single(ref bytes, wire);
        Count(field.IsRepeated ? NumberBytes : 0);
    }

    private void Packed(ReadOnlySpan<byte> content, FieldDescriptor field, int wire)
    {
        int width = wire == Fixed32 ? 4 : 8;
        if (wire != Varint && content.Length % width != 0)
        {
            throw Refusal.Damaged($"the field {field.FullName} has {content.Length} bytes for numbers of {width}");
        }

        long numbers = wire == Varint ? content.Length - Continued(content) : content.Length / width;
        Count(numbers * NumberBytes);
    }

    /// <summary>Bytes that do not end a number.</summary>
    private static int Continued(ReadOnlySpan<byte> content)
    {
        int count = 0;
        foreach (byte b in content)
        {
            count += b >> 7;
        }

        return count;
    }

    private static void Single(ref ReadOnlySpan<byte> bytes, int wire)
    {
        if (wire == Varint)
        {
            Number(ref bytes);
        }
        else
        {
            Take(ref bytes, wire == Fixed32 ? 4UL : 8UL);
        }
    }

    private void Count(long bytes)
    {
        _objectBytes += bytes;
        if (_objectBytes > limits.MaxWorkingBytes)
        {
            throw Refusal.AboveLimit(
                $"reading it takes {_objectBytes} bytes or more",
                limits.MaxWorkingBytes,
                nameof(OnnxModelLimits.MaxWorkingBytes));
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong length)
    {
        if (length > (ulong)bytes.Length)
        {
            throw Refusal.Damaged($"it ends {length - (ulong)bytes.Length} bytes before a field does");
        }

        var content = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return content;
    }

    private static ulong Number(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < 10 && i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw Refusal.Damaged("it ends inside a number, or is no protobuf message at all");
    }

    private static int WireOf(FieldType type) => type switch
    {
        FieldType.Message or FieldType.String or FieldType.Bytes => Delimited,
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => Fixed32,
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => Fixed64,
        _ => Varint,
    };

    private static OnnxModelRefusedException WrongWire(FieldDescriptor field, int wire)
        => Refusal.Damaged($"the field {field.FullName} is encoded as wire type {wire}");
}
