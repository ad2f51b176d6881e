using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace DocsApp;

/// <summary>A page's code, compiled as a new console project would be: nullable, and no warning is let through.</summary>
internal static class PageProgram
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private static readonly CSharpCompilationOptions Options = new(
        OutputKind.ConsoleApplication,
        nullableContextOptions: NullableContextOptions.Enable,
        generalDiagnosticOption: ReportDiagnostic.Error,
        // Assemblies that packages were built against in older versions.
        specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]);

    /// <summary>Compiles a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="source">Its code (<see cref="PageSource"/>).</param>
    /// <returns>The program.</returns>
    /// <exception cref="FormatException">It does not compile: each error with page, line and text.</exception>
    public static Assembly Compile(Page page, string source)
    {
        var language = new CSharpParseOptions(LanguageVersion.Latest);
        SyntaxTree tree = CSharpSyntaxTree.ParseText(SourceText.From(source, Encoding.UTF8), language, page.Path + ".cs");
        CSharpCompilation compilation = CSharpCompilation.Create(Path.GetFileNameWithoutExtension(page.Path), [tree], References, Options);
        using var code = new MemoryStream();
        using var symbols = new MemoryStream();
        var format = new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb);
        EmitResult result = compilation.Emit(code, symbols, options: format);
        string[] errors = [.. result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error).Select(Text)];
        return result.Success ? Assembly.Load(code.ToArray(), symbols.ToArray()) : throw new FormatException(string.Join('\n', errors));
    }

    private static string Text(Diagnostic diagnostic)
    {
        FileLinePositionSpan place = diagnostic.Location.GetMappedLineSpan();
        return $"{place.Path}({place.StartLinePosition.Line + 1}): {diagnostic.Id}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}";
    }
}
