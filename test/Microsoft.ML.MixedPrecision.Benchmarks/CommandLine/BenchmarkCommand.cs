namespace Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

/// <summary>One thing that the program can do.</summary>
/// <param name="Name">As written first on the command line.</param>
/// <param name="Summary">What it measures.</param>
/// <param name="Options">Its options.</param>
/// <param name="Execute">Runs it; returns the exit code.</param>
internal sealed record BenchmarkCommand(string Name, string Summary, IReadOnlyList<Option> Options, Func<Arguments, int> Execute)
{
    private const int BadUsage = 2;

    /// <summary>Runs the command that the command line names.</summary>
    /// <returns>The exit code: 0, 1 if a measurement failed, 2 if the command line is not understood.</returns>
    public static int Run(IReadOnlyList<BenchmarkCommand> commands, string[] args)
    {
        if (args.Length == 0 || args[0] is "help" or "--help" or "-h")
        {
            Help(commands);
            return 0;
        }

        try
        {
            BenchmarkCommand command = commands.FirstOrDefault(command => command.Name == args[0])
                ?? throw new UsageException($"'{args[0]}' is no command: write "
                    + $"{string.Join(", ", commands.Select(command => command.Name))}, or help.");
            return command.Execute(Arguments.Parse(args.AsSpan(1), command.Options));
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine(e.Message);
            return BadUsage;
        }
    }

    private static void Help(IReadOnlyList<BenchmarkCommand> commands)
    {
        foreach (BenchmarkCommand command in commands)
        {
            Console.WriteLine($"{command.Name}: {command.Summary}");
            foreach (Option option in command.Options)
            {
                string value = option.Default.Length == 0 ? "" : $" (default {option.Default})";
                Console.WriteLine($"  --{option.Name,-16} {option.Meaning}{value}");
            }

            Console.WriteLine();
        }

        Console.WriteLine("Lines that start with { are JSON, one measurement each; a table for people follows them.");
    }
}
