using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Runs test/LoaderApp, a process that names no type of the library.</summary>
internal static class LoaderProcess
{
    private static readonly MLContext Ml = new();

    /// <summary>Whether the program lies in a bundle (build/bundle.sh), beside the tests and what they have with them; there is no dotnet
    /// there.</summary>
    public static bool IsBundled => File.Exists(Bundled);

    private static string Bundled => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "LoaderApp.exe" : "LoaderApp");

    /// <summary>Loads a model there and scores rows.</summary>
    /// <param name="model">The saved model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="nativeFolder">Where the system's loader looks for native libraries too, on Linux; null for its own places.</param>
    /// <returns>What it printed: a line a row.</returns>
    public static string[] Run(byte[] model, IDataView rows, string? nativeFolder = null)
    {
        (int exitCode, string output, string error) = Start(model, rows, nativeFolder);
        Assert.AreEqual(0, exitCode, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Loads a model there and scores rows, which must fail.</summary>
    /// <param name="model">The saved model.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The error that it printed.</returns>
    public static string RunToError(byte[] model, IDataView rows)
    {
        (int exitCode, string output, string error) = Start(model, rows, null);
        Assert.AreNotEqual(0, exitCode, output);
        return error;
    }

    private static (int ExitCode, string Output, string Error) Start(byte[] model, IDataView rows, string? nativeFolder)
    {
        using var folder = new TemporaryFolder();
        string modelPath = folder.File("model.zip"), rowsPath = folder.File("rows.idv");
        File.WriteAllBytes(modelPath, model);
        using (FileStream stream = File.Create(rowsPath))
        {
            Ml.Data.SaveAsBinary(rows, stream);
        }

        ProcessStartInfo start = IsBundled ? new(Bundled) : new("dotnet", [LoaderApp()]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.ArgumentList.Add(modelPath);
        start.ArgumentList.Add(rowsPath);
        if (nativeFolder is not null)
        {
            start.Environment["LD_LIBRARY_PATH"] = nativeFolder;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> test/LoaderApp/bin/<configuration>/<framework>/LoaderApp.dll
    private static string LoaderApp()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        DirectoryInfo tests = framework.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(tests.FullName, "LoaderApp", "bin", framework.Parent.Name, framework.Name, "LoaderApp.dll");
    }
}
