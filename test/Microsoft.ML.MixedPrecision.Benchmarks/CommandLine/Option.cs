namespace Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

/// <summary>An option of a command, written <c>--name value</c>.</summary>
/// <param name="Name">Name without the dashes.</param>
/// <param name="Default">Value where it is not written.</param>
/// <param name="Meaning">For people.</param>
internal sealed record Option(string Name, string Default, string Meaning)
{
    /// <summary>The commit that a result belongs to: of every command that measures.</summary>
    public static Option Commit { get; } = new("commit", "", "text for the header: the commit that is measured");

    /// <summary>The policies to train in.</summary>
    /// <param name="names">Those that are trained in by default.</param>
    public static Option Policies(string names)
        => new("policies", names, "of float32, tensorfloat32, mixed_float16, mixed_bfloat16 and what else PrecisionPolicy.Parse reads");

    /// <summary>The devices to train on.</summary>
    /// <param name="names">Those that are trained on by default.</param>
    public static Option Devices(string names) => new("devices", names, "of auto, cpu, cuda:N; two names of one device count once");
}
