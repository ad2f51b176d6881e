namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>Runs test/DocsApp: the C# of pages runs in a process of its own, since it writes files, and to the console.</summary>
internal static class DocsProcess
{
    /// <summary>Runs pages.</summary>
    /// <param name="pages">Markdown files.</param>
    /// <returns>How many of them failed, and what was said of each.</returns>
    public static (int Failed, string Said) Run(params string[] pages)
    {
        (int failed, string output, string error) = HouseProgram.Run("DocsApp", ["--data", DocsPages.Data, .. pages]);
        return (failed, output + error);
    }
}
