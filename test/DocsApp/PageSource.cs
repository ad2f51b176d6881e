using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace DocsApp;

/// <summary>The C# blocks of a page as one program: usings, statements in their order, types, all with their place in the page.</summary>
internal static class PageSource
{
    /// <summary>What a console project has without asking (<c>ImplicitUsings</c>).</summary>
    private const string Implicit =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;

        """;

    /// <summary>Puts a page's code together.</summary>
    /// <param name="page">The page.</param>
    /// <returns>A source file; null where the page has no C#.</returns>
    public static string? Of(Page page)
    {
        var usings = new StringBuilder();
        var statements = new StringBuilder();
        var types = new StringBuilder();
        int open = 0;
        foreach (Fence fence in page.Code)
        {
            if (page.SeparateSections && fence.Section != open)
            {
                statements.Append(open == 0 ? "" : "}\n").Append("{\n");
                open = fence.Section;
            }

            CompilationUnitSyntax unit = CSharpSyntaxTree.ParseText(fence.Text).GetCompilationUnitRoot();
            Append(usings, page, fence, unit.Usings);
            Append(statements, page, fence, unit.Members.OfType<GlobalStatementSyntax>());
            Append(types, page, fence, unit.Members.Where(member => member is not GlobalStatementSyntax));
        }

        statements.Append(open == 0 ? "" : "}\n");
        return usings.Length + statements.Length + types.Length == 0 ? null : $"{Implicit}{usings}{statements}{types}";
    }

    private static void Append(StringBuilder text, Page page, Fence fence, IEnumerable<SyntaxNode> nodes)
    {
        foreach (SyntaxNode node in nodes)
        {
            int line = fence.Line + node.SyntaxTree.GetLineSpan(node.FullSpan).StartLinePosition.Line;
            text.Append("#line ").Append(line).Append(" \"").Append(page.Path).Append("\"\n").Append(node.ToFullString()).Append('\n');
        }
    }
}
