using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>
/// The reference checker of the ONNX project, a Python package (Debian: python3-onnx). Where it is not installed a test that needs it is
/// skipped, or fails if the variable <c>MIXEDPRECISION_REQUIRE_ONNX_CHECKER</c> is 1.
/// </summary>
internal static class OnnxChecker
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Onnx", "Checker", "check_onnx.py");
    private static readonly Lazy<(string Python, int Opset)?> Found = new(Find);

    /// <summary>The newest opset that the checker knows.</summary>
    public static int RequireOpset()
    {
        if (Found.Value is not { } found)
        {
            const string Advice = "No python3 here can import onnx; install Debian's python3-onnx.";
            if (Environment.GetEnvironmentVariable("MIXEDPRECISION_REQUIRE_ONNX_CHECKER") == "1")
            {
                Assert.Fail(Advice);
            }

            Assert.Inconclusive(Advice);
            return 0;
        }

        return found.Opset;
    }

    /// <summary>Checks files.</summary>
    /// <returns>A line for each file that is not accepted, and nothing else.</returns>
    public static string[] Check(IEnumerable<string> paths)
    {
        (_, string output) = Run(Found.Value!.Value.Python, [Script, .. paths]);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(paths.Count(), lines, output);
        return [.. lines.Where(line => !line.EndsWith(": accepted", StringComparison.Ordinal))];
    }

    private static (string, int)? Find()
    {
        foreach (string python in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                if (Run(python, [Script]) is (0, { } output))
                {
                    return (python, int.Parse(output, CultureInfo.InvariantCulture));
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is no such program.
            }
        }

        return null;
    }

    private static (int ExitCode, string Output) Run(string python, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
