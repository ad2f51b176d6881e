using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>
/// Damages a file as a seed says: every second mutant in its bytes, the others in its meaning, message by message, so that the file
/// stays one that a reader takes. Each has 1 to 4 damages.
/// </summary>
internal sealed class Mutator(byte[] file)
{
    private static readonly long[] Numbers = [
        0,
        1,
        -1,
        2,
        7,
        16,
        64,
        127,
        128,
        1000,
        65535,
        1 << 20,
        int.MaxValue,
        int.MinValue,
        1L << 33,
        1L << 40,
        long.MaxValue,
        long.MinValue];
    private static readonly string[] Operators = [
        "Tile",
        "Expand",
        "ConstantOfShape",
        "Loop",
        "If",
        "Add",
        "MatMul",
        "Gemm",
        "Concat",
        "Reshape",
        "Pad",
        "Resize",
        "Softmax",
        "Identity",
        "Gather",
        "Range",
        "Cast",
        "Conv",
        "Transpose"];

    /// <summary>The mutant of a seed.</summary>
    public byte[] Mutate(int seed)
    {
        var random = new Random(seed);
        int damages = 1 + random.Next(4);
        return seed % 2 == 0 ? MutateBytes(random, damages) : MutateMeaning(random, damages);
    }

    private byte[] MutateBytes(Random random, int damages)
    {
        List<byte> bytes = [.. file];
        for (int i = 0; i < damages; i++)
        {
            int at = random.Next(bytes.Count), length = Math.Min(1 + random.Next(16), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, Math.Min(length, bytes.Count - 1)); break;
                case 3: bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))); break;
                case 4: bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length)); break;
                default: bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at - (at == 0 ? 1 : 0) : 0); break;
            }
        }

        return [.. bytes];
    }

    private byte[] MutateMeaning(Random random, int damages)
    {
        var model = ModelProto.Parser.ParseFrom(file);
        for (int i = 0; i < damages; i++)
        {
            List<IMessage> messages = [];
            Collect(model, messages);
            Damage(random, messages[random.Next(messages.Count)], messages);
        }

        return model.ToByteArray();
    }

    private static void Collect(IMessage message, List<IMessage> found)
    {
        found.Add(message);
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            object? value = field.Accessor.GetValue(message);
            foreach (IMessage child in value is IList list ? list.Cast<IMessage>() : value is IMessage one ? [one] : [])
            {
                Collect(child, found);
            }
        }
    }

    private static void Damage(Random random, IMessage message, List<IMessage> all)
    {
        FieldDescriptor[] filled = [
            .. message.Descriptor.Fields.InDeclarationOrder().Where(
                field => field.Accessor.GetValue(message) is var value && (value is not IList list || list.Count > 0))];
        if (filled.Length == 0)
        {
            return;
        }

        var field = filled[random.Next(filled.Length)];
        if (field.IsRepeated)
        {
            DamageList(random, field, (IList)field.Accessor.GetValue(message), all);
        }
        else if (field.FieldType == FieldType.Message || random.Next(8) == 0)
        {
            field.Accessor.Clear(message);
        }
        else
        {
            field.Accessor.SetValue(message, Other(random, field, field.Accessor.GetValue(message), all));
        }
    }

    private static void DamageList(Random random, FieldDescriptor field, IList list, List<IMessage> all)
    {
        int at = random.Next(list.Count);
        switch (random.Next(field.FieldType == FieldType.Message ? 3 : 5))
        {
            case 0: list.RemoveAt(at); break;
            case 1:
                list.Insert(
                random.Next(list.Count + 1),
                list[at] is IMessage message ? message.Descriptor.Parser.ParseFrom(message.ToByteArray()) : list[at]); break;
            case 2: (list[at], list[0]) = (list[0], list[at]); break;
            default: list[at] = Other(random, field, list[at]!, all); break;
        }
    }

    private static object Other(Random random, FieldDescriptor field, object value, List<IMessage> all) => field.FieldType switch
    {
        FieldType.Int64 => Numbers[random.Next(Numbers.Length)],
        FieldType.Int32 => (int)Numbers[random.Next(Numbers.Length)],
        FieldType.UInt64 => (ulong)Numbers[random.Next(Numbers.Length)],
        FieldType.Float => random.Next(3) switch { 0 => float.NaN, 1 => float.MaxValue, _ => random.NextSingle() },
        FieldType.Double => random.NextDouble(),
        FieldType.Enum => Enum.ToObject(value.GetType(), random.Next(12)),
        FieldType.Bytes => ByteString.CopyFrom([.. ((ByteString)value).Take(random.Next(((ByteString)value).Length + 1))]),
        _ => Text(random, field, all),
    };

    private static string Text(Random random, FieldDescriptor field, List<IMessage> all)
    {
        if (field.Name == "op_type")
        {
            return Operators[random.Next(Operators.Length)];
        }

        string[] names = [
            .. all.OfType<NodeProto>().SelectMany(node => node.Input.Concat(node.Output)),
            .. all.OfType<ValueInfoProto>().Select(info => info.Name),
            "",
            "no such value",
            "ort_config",
            "com.microsoft"];
        return names[random.Next(names.Length)];
    }
}
