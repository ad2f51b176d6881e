using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>Runs test/DocsApp: the C# of pages runs in a process of its own, since it writes files, and to the console.</summary>
internal static class DocsProcess
{
    /// <summary>Runs pages.</summary>
    /// <param name="pages">Markdown files.</param>
    /// <returns>How many of them failed, and what was said of each.</returns>
    public static (int Failed, string Said) Run(params string[] pages)
    {
        var start = new ProcessStartInfo("dotnet", [App(), "--data", DocsPages.Data, .. pages])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> test/DocsApp/bin/<configuration>/<framework>/DocsApp.dll
    private static string App()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(RepositoryFolder.Root, "test", "DocsApp", "bin", framework.Parent!.Name, framework.Name, "DocsApp.dll");
    }
}
