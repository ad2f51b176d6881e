using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>The first line: what was measured, where, when.</summary>
internal static class Header
{
    private const string CpuInfo = "/proc/cpuinfo";

    /// <summary>The line.</summary>
    /// <param name="command">Name of the command.</param>
    /// <param name="arguments">For the commit.</param>
    /// <param name="ml">For the devices.</param>
    public static JsonObject Create(string command, Arguments arguments, MLContext ml)
    {
        DeviceReport devices = ml.MixedPrecision().Diagnostics.Devices();
        return new JsonObject
        {
            ["kind"] = "header",
            ["command"] = command,
            ["version"] = typeof(MixedPrecisionCatalog)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            ["commit"] = arguments.Text(Option.Commit.Name),
            ["utc"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            ["machine"] = Processor(),
            ["processors"] = Environment.ProcessorCount,
            ["os"] = RuntimeInformation.OSDescription,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["devices"] = new JsonArray([.. devices.Devices.Select(device => JsonValue.Create(device.ToString()))]),
            ["libraries"] = new JsonArray([.. devices.Libraries.Select(library => JsonValue.Create($"{library.Name} {library.Version}"))]),
            ["auto"] = $"{devices.Auto}: {devices.AutoReason}",
        };
    }

    /// <summary>The processor's name, not the machine's: results are published.</summary>
    private static string Processor()
    {
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
