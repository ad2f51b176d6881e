using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>A row with a column of every type that transforms take, and with what is hard in each: missing, unseen and extreme
/// values.</summary>
internal sealed class MessyRow
{
    private static readonly string[] Words = ["red", "Red", "green", "blue", "light blue", "grün", "日本", "7", "0.1"];
    private static readonly float[] Levels = [0, -1.5f, 2.25f, 0.1f, 1e20f];

    public string Kind { get; set; } = "";

    public string Text { get; set; } = "";

    /// <summary>ASCII text with no space at its ends: what ONNX Runtime hashes as ML.NET does.</summary>
    public string Plain { get; set; } = "";

    [VectorType(3)]
    public string[] Texts { get; set; } = [];

    public float Size { get; set; }

    [VectorType(3)]
    public float[] Sizes { get; set; } = [];

    public double Width { get; set; }

    [VectorType(2)]
    public double[] Widths { get; set; } = [];

    public float Number { get; set; }

    [VectorType(3)]
    public float[] Numbers { get; set; } = [];

    public double Fine { get; set; }

    [VectorType(2)]
    public double[] Fines { get; set; } = [];

    public float Level { get; set; }

    public double FineLevel { get; set; }

    public bool Flag { get; set; }

    public sbyte Int8 { get; set; }

    public short Int16 { get; set; }

    public int Int32 { get; set; }

    public long Int64 { get; set; }

    public byte UInt8 { get; set; }

    public ushort UInt16 { get; set; }

    public uint UInt32 { get; set; }

    public ulong UInt64 { get; set; }

    /// <summary>0 is missing.</summary>
    [KeyType(5)]
    public uint Key { get; set; }

    [VectorType(2)]
    [KeyType(5)]
    public uint[] Keys { get; set; } = [];

    /// <summary>ASCII texts with no space at their ends.</summary>
    [VectorType(2)]
    public string[] Plains { get; set; } = [];

    /// <summary>Words with spaces, tabs and commas between them, and sometimes before and behind; some have none.</summary>
    public string Sentence { get; set; } = "";

    /// <summary>Rows to fit on: some values are missing.</summary>
    public static MessyRow[] ToFit(int count) => Rows(count, 3, Words[..^1]);

    /// <summary>Rows that the model has not seen, with text and numbers that it has not.</summary>
    public static MessyRow[] Unseen(int count)
        => Rows(count, 4, [.. Words, "unseen", "RED", " red", "red ", "\u00e9", "x\ud83d\ude00", "a\nb"]);

    private static MessyRow[] Rows(int count, int seed, string[] words)
    {
        var random = new Random(seed);
        bool unseen = words.Length > Words.Length;
        return [.. Enumerable.Range(0, count).Select(_ => Row(random, words, unseen))];
    }

    private static MessyRow Row(Random random, string[] words, bool unseen)
    {
        int kind = random.Next(3);
        return new MessyRow
        {
            Kind = "kind " + kind,
            Text = Text(),
            Plain = random.Next(8) == 0 ? "" : $"word {random.Next(40)}",
            Texts = [Text(), Text(), Text()],
            Size = Real() + kind,
            Sizes = [Real() - kind, Real() * 100, Real() + (2 * kind)],
            Width = 1000 + random.NextDouble(),
            Widths = [random.NextDouble() - 0.5, 1e6 * random.NextDouble()],
            Number = Missing() ? float.NaN : Real(),
            Numbers = [Missing() ? float.NaN : Real(), Real(), Missing() ? float.NaN : 50 + Real()],
            Fine = Missing() ? double.NaN : random.NextDouble() - 0.5,
            Fines = [Missing() ? double.NaN : random.NextDouble(), Missing() ? double.NaN : 1e9 + random.NextDouble()],
            Level = Level(),
            FineLevel = Missing() ? double.NaN : (Level() * 1.0) + (random.Next(2) * 1e-12),
            Flag = random.Next(2) == 0,
            Int8 = (sbyte)Whole(sbyte.MinValue, sbyte.MaxValue),
            Int16 = (short)Whole(short.MinValue, short.MaxValue),
            Int32 = (int)Whole(int.MinValue, int.MaxValue),
            Int64 = Whole(long.MinValue, long.MaxValue),
            UInt8 = (byte)Whole(0, byte.MaxValue),
            UInt16 = (ushort)Whole(0, ushort.MaxValue),
            UInt32 = (uint)Whole(0, uint.MaxValue),
            UInt64 = (ulong)Whole(0, long.MaxValue) * 2,
            Key = (uint)random.Next(6),
            Keys = [(uint)random.Next(6), (uint)random.Next(6)],
            Plains = [$"word {random.Next(40)}", random.Next(4) == 0 ? "" : $"{random.Next(9)}"],
            Sentence = random.Next(9) == 0 ? Gap() : string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => Gap() + Text())) + Gap(),
        };

        string Text() => random.Next(6) == 0 ? "" : words[random.Next(words.Length)];
        string Gap() => (string[])[" ", "  ", ",", "\t", "\u00a0", " , ", "\r\n", ""] is var gaps
            ? gaps[random.Next(random.Next(2) == 0 ? 1 : gaps.Length)]
            : "";
        float Real() => (2 * random.NextSingle()) - 1;
        bool Missing() => random.Next(5) == 0;
        float Level() => random.Next(unseen ? 8 : 6) switch
        {
            5 => float.NaN,
            6 => -0f,
            7 => 3,
            int place => Levels[place],
        };
        long Whole(long smallest, long largest) => random.Next(unseen ? 7 : 5) switch
        {
            0 => smallest,
            1 => largest,
            2 => 0,
            3 => 1,
            4 => Math.Max(smallest, -1),
            5 => 77,
            _ => largest - 1,
        };
    }
}
