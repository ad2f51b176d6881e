using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Runs test/LoaderApp, a process that names no type of the library.</summary>
internal static class LoaderProcess
{
    private static readonly MLContext Ml = new();

    /// <summary>Loads a model there and scores rows.</summary>
    /// <returns>What it printed: a line a row.</returns>
    public static string[] Run(byte[] model, IDataView rows)
    {
        using var folder = new TemporaryFolder();
        string modelPath = folder.File("model.zip"), rowsPath = folder.File("rows.idv");
        File.WriteAllBytes(modelPath, model);
        using (FileStream stream = File.Create(rowsPath))
        {
            Ml.Data.SaveAsBinary(rows, stream);
        }

        // In a bundle (build/bundle.sh) it is a program beside the tests, and there is no dotnet.
        string bundled = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "LoaderApp.exe" : "LoaderApp");
        ProcessStartInfo start = File.Exists(bundled) ? new(bundled) : new("dotnet", [LoaderApp()]);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.ArgumentList.Add(modelPath);
        start.ArgumentList.Add(rowsPath);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> test/LoaderApp/bin/<configuration>/<framework>/LoaderApp.dll
    private static string LoaderApp()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        DirectoryInfo tests = framework.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(tests.FullName, "LoaderApp", "bin", framework.Parent.Name, framework.Name, "LoaderApp.dll");
    }
}
