using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Runs a program of test/ in a process of its own; it was built with the tests, in the same configuration.</summary>
internal static class HouseProgram
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="name">Its project, for example <c>DocsApp</c>.</param>
    /// <param name="arguments">What it is given.</param>
    public static (int ExitCode, string Output, string Error) Run(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [PathOf(name), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    // test/<this project>/bin/<configuration>/<framework>/ -> test/<name>/bin/<configuration>/<framework>/<name>.dll
    private static string PathOf(string name)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(RepositoryFolder.Root, "test", name, "bin", framework.Parent!.Name, framework.Name, name + ".dll");
    }
}
