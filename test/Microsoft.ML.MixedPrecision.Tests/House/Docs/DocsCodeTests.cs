namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>The C# of README and docs/ compiles and runs, and prints what the pages say; a page that does not is seen.</summary>
[TestClass]
public sealed class DocsCodeTests
{
    [TestMethod]
    public void Pages_Code_CompilesAndRuns()
    {
        (int failed, string said) = DocsProcess.Run(DocsPages.Paths);
        Assert.AreEqual(0, failed, said);
    }

    [TestMethod]
    public void Pages_ThatAreWrong_AreNamedWithTheLine()
    {
        using var folder = new TemporaryFolder();
        (string Name, string Text, string Said)[] pages =
        [
            ("good",
                "# Page\n```csharp\nint two = 2;\n```\n```csharp\nConsole.WriteLine($\"{two} and {two * 2}\");\n```\n```text\n7 and "
                    + "9\n```\n",
                "good.md: runs"),
            ("type", "# Page\n```csharp\nint two = \"two\";\n```\n", "type.md(3): CS0029"),
            ("name", "# Page\n```csharp\nvar trainer = new MlpBinaryTrainers();\n```\n", "name.md(3): CS0246"),
            ("syntax", "# Page\n\n```csharp\nint two = 2\n```\n", "syntax.md(4): CS1002"),
            ("hidden", "# Page\n<!-- csharp\nint two = three;\n-->\n", "hidden.md(3): CS0103"),
            ("warning", "# Page\n```csharp\nint two;\n```\n", "warning.md(3): CS0168"),
            ("fails",
                "# Page\n```csharp\nConsole.WriteLine(\"so far\");\nthrow new InvalidOperationException(\"broken\");\n```\n",
                "fails.md:line 4"),
            ("prints",
                "# Page\n```csharp\nConsole.WriteLine(\"loss 0.5\");\n```\n```text\nlosses 0.5\n```\n",
                "prints.md(6): the code above does not print 'losses 0.5'"),
            ("apart",
                "<!-- sections: separate -->\n## One\n```csharp\nint two = 2;\n_ = two;\n```\n## Two\n```csharp\n_ = two;\n```\n",
                "apart.md(9): CS0103"),
            ("open", "# Page\n```csharp\nint two = 2;\n", "open.md(2): the block that starts here has no end"),
        ];
        foreach ((string name, string text, _) in pages)
        {
            File.WriteAllText(folder.File(name + ".md"), text);
        }

        (int failed, string said) = DocsProcess.Run([.. pages.Select(page => folder.File(page.Name + ".md"))]);
        Assert.AreEqual(pages.Length - 1, failed, said);
        foreach ((_, _, string expected) in pages)
        {
            StringAssert.Contains(said, expected);
        }
    }
}
