using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>Writes tables as text: features in thousandths, then the class, from 0, commas between them.</summary>
internal static class CsvWriter
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Characters of a row at most: sign, seven digits, point and comma a feature, and the class.</summary>
    private const int RowBytes = (Teacher.Features * 10) + 2;

    /// <summary>Writes all rows.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="IOException">The file exists, or the disk is full.</exception>
    public static void Write(string path, TableRows rows)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] buffer = new byte[BufferBytes];
        int used = 0;
        foreach (TableRow row in rows)
        {
            if (buffer.Length - used < RowBytes)
            {
                stream.Write(buffer, 0, used);
                used = 0;
            }

            used += Format(row, buffer.AsSpan(used));
        }

        stream.Write(buffer, 0, used);
    }

    private static int Format(TableRow row, Span<byte> to)
    {
        int used = 0;
        foreach (float feature in row.Features)
        {
            used += FormatThousandths((int)MathF.Round(feature * 1000), to[used..]);
            to[used++] = (byte)',';
        }

        row.Label.TryFormat(to[used..], out int digits, provider: CultureInfo.InvariantCulture);
        used += digits;
        to[used++] = (byte)'\n';
        return used;
    }

    private static int FormatThousandths(int value, Span<byte> to)
    {
        int used = 0;
        if (value < 0)
        {
            to[used++] = (byte)'-';
            value = -value;
        }

        (value / 1000).TryFormat(to[used..], out int digits, provider: CultureInfo.InvariantCulture);
        used += digits;
        to[used++] = (byte)'.';
        (value % 1000).TryFormat(to[used..], out digits, "D3", CultureInfo.InvariantCulture);
        return used + digits;
    }
}
