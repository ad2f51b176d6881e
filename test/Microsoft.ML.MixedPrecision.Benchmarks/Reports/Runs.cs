using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>Policies and devices that a command line asks for.</summary>
internal static class Runs
{
    /// <summary>The policies of <c>--policies</c>.</summary>
    /// <exception cref="UsageException">One is not a policy, or leaves the format to the device.</exception>
    public static IReadOnlyList<PrecisionPolicy> Policies(Arguments arguments) => [.. arguments.List("policies").Select(Policy)];

    /// <summary>The devices of <c>--devices</c>, each once: <c>auto</c> is another name of the one it would choose.</summary>
    /// <exception cref="UsageException">One is not a device, or not there.</exception>
    public static IReadOnlyList<ComputeDevice> Devices(Arguments arguments, MLContext ml)
        => [.. arguments.List("devices").Select(name => Device(name, ml)).Distinct()];

    /// <summary>The short name of a policy's arithmetic, as the peers write it.</summary>
    public static string Mode(PrecisionPolicy policy) => policy.ComputeFormat switch
    {
        NumericFormat.Float32 => "fp32",
        NumericFormat.TensorFloat32 => "tf32",
        NumericFormat.Float16 => "fp16",
        NumericFormat.BFloat16 => "bf16",
        NumericFormat other => other.ToString(),
    };

    private static PrecisionPolicy Policy(string text)
    {
        try
        {
            PrecisionPolicy policy = PrecisionPolicy.Parse(text);
            return policy == PrecisionPolicy.Auto
                ? throw new UsageException("--policies auto: a result needs the name of its format; write for example mixed_bfloat16.")
                : policy;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--policies {text}: {e.Message}");
        }
    }

    private static ComputeDevice Device(string text, MLContext ml)
    {
        try
        {
            ComputeDevice device = ComputeDevice.Parse(text);
            MixedPrecisionDiagnosticsCatalog diagnostics = ml.MixedPrecision().Diagnostics;
            diagnostics.DescribeDevice(device);
            return device == ComputeDevice.Auto ? diagnostics.Devices().Auto! : device;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new UsageException($"--devices {text}: {e.Message}");
        }
    }
}
