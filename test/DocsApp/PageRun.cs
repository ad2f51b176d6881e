using System.Reflection;
using System.Text.RegularExpressions;

namespace DocsApp;

/// <summary>Runs a page's program in a temporary folder that holds the sample data and the files that the page shows.</summary>
internal static partial class PageRun
{
    /// <summary>Compiles and runs a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="dataFolder">Files that are copied into the working folder: samples/data.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="FormatException">It does not compile, fails, or does not print what its blocks of text say.</exception>
    public static string Run(Page page, string dataFolder)
    {
        if (PageSource.Of(page) is not { } source)
        {
            return "";
        }

        MethodInfo main = PageProgram.Compile(page, source).EntryPoint!;
        string folder = Directory.CreateTempSubdirectory("docs").FullName;
        string before = Directory.GetCurrentDirectory();
        TextWriter console = Console.Out;
        using var output = new StringWriter();
        try
        {
            foreach (string file in Directory.EnumerateFiles(dataFolder, "*.csv"))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            foreach (Fence fence in page.Fences.Where(fence => fence.File is not null))
            {
                File.WriteAllText(Path.Combine(folder, fence.File!), fence.Text);
            }

            Directory.SetCurrentDirectory(folder);
            Console.SetOut(output);
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
        }
        catch (TargetInvocationException e)
        {
            throw new FormatException($"{page.Path}: {e.InnerException}\nIt had printed:\n{output}");
        }
        finally
        {
            Console.SetOut(console);
            Directory.SetCurrentDirectory(before);
            Directory.Delete(folder, recursive: true);
        }

        RequireText(page, output.ToString());
        return output.ToString();
    }

    /// <summary>Every line of the page's blocks of text is printed, in their order, whatever the numbers are.</summary>
    private static void RequireText(Page page, string output)
    {
        string[] printed = [.. output.Split('\n').Select(Shape)];
        int next = 0;
        foreach (Fence fence in page.Fences.Where(fence => fence.Language == "text"))
        {
            foreach (string line in fence.Text.Split('\n'))
            {
                int at = Array.IndexOf(printed, Shape(line), next);
                next = at >= 0 ? at + 1 : throw new FormatException(
                    $"{page.Path}({fence.Line}): the code above does not print '{line}', even with other numbers. It prints:\n{output}");
            }
        }
    }

    private static string Shape(string line) => Spaces().Replace(Number().Replace(line, "#"), " ").Trim();

    [GeneratedRegex(@"[-+]?\d[\d.,]*(?:E[-+]?\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
