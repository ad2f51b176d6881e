// MutantApp <files> <rows.idv> <limit in bytes>: applies ONNX files, good and bad, to rows. <files> holds them one behind the other, each
// with its length before it.
// Prints a line for each, as soon as it is done: its number, how it ended, what memory it took at most in KiB (-1 where the system does not
// tell), and the message.
// How it ended: "ran"; "refused" before ONNX Runtime saw it; "error", any other exception that the library documents; "unexpected", any
// other at all.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;

var mlContext = new MLContext();
var rows = mlContext.Data.LoadFromBinary(args[1]);
var limits = new OnnxModelLimits { MaxWorkingBytes = long.Parse(args[2], CultureInfo.InvariantCulture) };
using var reader = new BinaryReader(File.OpenRead(args[0]));
for (int number = 0; reader.BaseStream.Position < reader.BaseStream.Length; number++)
{
    byte[] file = reader.ReadBytes(reader.ReadInt32());
    GC.Collect();
    long before = Memory.Resident();
    string end = Apply(file);
    long most = Memory.Highest();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} {end.Split(' ')[0]} "
        + $"{(before < 0 ? -1 : Math.Max(0, most - before))} {end}"));
    Console.Out.Flush();
}

string Apply(byte[] file)
{
    try
    {
        var options = new OnnxScoringEstimator.Options { BatchSize = 64, NumberOfThreads = 1, Device = ComputeDevice.Cpu, Limits = limits };
        using var model = mlContext.MixedPrecision().Transforms.ApplyOnnxModel(file, options).Fit(rows);
        var scored = model.Transform(rows);
        using var cursor = scored.GetRowCursor(scored.Schema);
        int count = 0;
        while (cursor.MoveNext())
        {
            count++;
        }

        return $"ran {count} rows";
    }
    catch (OnnxModelRefusedException exception)
    {
        return "refused " + Line(exception);
    }
    catch (Exception exception) when (exception is ArgumentException or NotSupportedException or InvalidOperationException)
    {
        return "error " + Line(exception);
    }
    catch (Exception exception)
    {
        return "unexpected " + exception.GetType() + " " + Line(exception);
    }
}

static string Line(Exception exception) => exception.GetType().Name + ": " + exception.Message.ReplaceLineEndings(" ");

/// <summary>What this process has in memory, by Linux's own count.</summary>
internal static class Memory
{
    /// <summary>KiB now; forgets the highest so far. −1 on other systems.</summary>
    public static long Resident()
    {
        if (!OperatingSystem.IsLinux())
        {
            return -1;
        }

        File.WriteAllText("/proc/self/clear_refs", "5");
        return Read("VmRSS:");
    }

    /// <summary>The highest number of KiB since then.</summary>
    public static long Highest() => OperatingSystem.IsLinux() ? Read("VmHWM:") : -1;

    private static long Read(string name)
        => File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(name, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, .., var kib, _]
            ? long.Parse(kib.Trim(), CultureInfo.InvariantCulture)
            : -1;
}
