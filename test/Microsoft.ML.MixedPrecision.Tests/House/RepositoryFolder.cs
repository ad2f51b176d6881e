namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>The repository that these tests were built in.</summary>
internal static class RepositoryFolder
{
    /// <summary>
    /// The folder above the tests' output that holds the solution. (Source paths in the assembly are rewritten in builds by CI.) Where
    /// there is none, as in a bundle, the test is skipped.
    /// </summary>
    public static string Root => Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Microsoft.ML.MixedPrecision.sln")))
        {
            folder = folder.Parent;
        }

        if (folder is null)
        {
            Assert.Inconclusive($"No folder above {AppContext.BaseDirectory} holds Microsoft.ML.MixedPrecision.sln; this test reads "
                + "sources, run it from a checkout.");
        }

        return folder.FullName;
    }
}
