using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>How the application of a file in another process ended.</summary>
/// <param name="Outcome"><c>ran</c>, <c>refused</c>, <c>error</c> or <c>unexpected</c>; <c>crashed</c> for the one at which the process
/// ended or hung.</param>
/// <param name="MemoryKiB">What it took at most; −1 where the system does not tell.</param>
/// <param name="Message">What was said.</param>
internal sealed record Application(string Outcome, long MemoryKiB, string Message);

/// <summary>Runs test/MutantApp, which applies files to rows.</summary>
internal static class MutantProcess
{
    private static readonly MLContext Ml = new();

    /// <summary>Applies files to rows there.</summary>
    /// <param name="files">The files.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="limit">Most bytes of all values, <see cref="OnnxModelLimits.MaxWorkingBytes"/>.</param>
    /// <returns>How each ended; fewer than there are files if the process did not come to its end.</returns>
    public static List<Application> Run(IEnumerable<byte[]> files, IDataView rows, long limit)
    {
        using var folder = new TemporaryFolder();
        string filesPath = folder.File("files"), rowsPath = folder.File("rows.idv");
        using (var writer = new BinaryWriter(File.Create(filesPath)))
        {
            foreach (byte[] file in files)
            {
                writer.Write(file.Length);
                writer.Write(file);
            }
        }

        using (FileStream stream = File.Create(rowsPath))
        {
            Ml.Data.SaveAsBinary(rows, stream);
        }

        var start = new ProcessStartInfo(
            "dotnet",
            [
                ProgramPath(),
                filesPath,
                rowsPath,
                limit.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        bool ended = process.WaitForExit(TimeSpan.FromMinutes(15));
        if (!ended)
        {
            process.Kill();
        }

        List<Application> results = [.. output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        if (!ended || process.ExitCode != 0)
        {
            results.Add(new("crashed", -1, ended ? $"exit code {process.ExitCode}: {error.Result}" : "it did not end in 15 minutes"));
        }

        return results;
    }

    private static Application Parse(string line)
    {
        string[] parts = line.TrimEnd().Split(' ', 4);
        return new(parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture), parts[3]);
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> test/MutantApp/bin/<configuration>/<framework>/MutantApp.dll
    private static string ProgramPath()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string path = Path.Combine(
            framework.Parent?.Parent?.Parent?.Parent?.FullName ?? "",
            "MutantApp",
            "bin",
            framework.Parent!.Name,
            framework.Name,
            "MutantApp.dll");
        if (!File.Exists(path))
        {
            Assert.Inconclusive($"There is no {path}: this test starts it, run it from a checkout.");
        }

        return path;
    }
}
