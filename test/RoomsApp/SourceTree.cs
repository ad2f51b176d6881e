using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RoomsApp;

/// <summary>
/// The sources below a folder, compiled as one, and the types that they name: in signatures, bodies and attributes, written or inferred
/// (<c>var</c>, <c>new()</c>), and those whose members they use. Not those in documentation, which may point anywhere, nor in using lines.
/// </summary>
internal sealed class SourceTree
{
    /// <summary>What the sources are compiled with besides what they say: <c>ImplicitUsings</c>.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private readonly string _folder;
    private readonly CSharpCompilation _compilation;

    /// <summary>Reads the sources.</summary>
    /// <param name="folder">Their folder, whole.</param>
    public SourceTree(string folder)
    {
        _folder = folder;
        var trees = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => PlaceOf(Name(file)) is not null).DistinctBy(file => PlaceOf(Name(file)))
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file))
            .Append(CSharpSyntaxTree.ParseText(ImplicitUsings));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true);
        _compilation = CSharpCompilation.Create("sources", trees, Libraries, options);
    }

    /// <summary>What this program was built with, which is what the sources are built with; without what they become themselves.</summary>
    private static IEnumerable<MetadataReference> Libraries
        => from path in ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
           where !Path.GetFileName(path).StartsWith("Microsoft.ML.MixedPrecision", StringComparison.Ordinal)
           select MetadataReference.CreateFromFile(path);

    /// <summary>Every reference from a file to a type of another, or of a library: each type and place once a file.</summary>
    public IEnumerable<Reference> References()
        => _compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0)
            .SelectMany(tree => Of(tree).DistinctBy(reference => (reference.Type, reference.Where)));

    private IEnumerable<Reference> Of(SyntaxTree tree)
    {
        string file = PlaceOf(Name(tree.FilePath))!;
        SemanticModel model = _compilation.GetSemanticModel(tree);
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax))
        {
            if (node is not (SimpleNameSyntax or BaseObjectCreationExpressionSyntax or ElementAccessExpressionSyntax))
            {
                continue;
            }

            SymbolInfo info = model.GetSymbolInfo(node);

            // Internal types of ML.NET, and calls with an argument that a source generator makes, are candidates only.
            if ((info.Symbol ?? info.CandidateSymbols.FirstOrDefault()) is not { } symbol || TypeOf(symbol) is not { } type)
            {
                continue;
            }

            int line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            foreach (string where in Places(symbol, type).Where(where => where != file))
            {
                yield return new Reference(file, line, type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat), where);
            }
        }
    }

    /// <summary>The type itself, or the one that has the member.</summary>
    private static INamedTypeSymbol? TypeOf(ISymbol symbol) => symbol switch
    {
        INamedTypeSymbol { TypeKind: not TypeKind.Error } type => type.OriginalDefinition,
        IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol => symbol.ContainingType?.OriginalDefinition,
        _ => null,
    };

    /// <summary>Where the member stands, since a type may have parts; else all parts of the type.</summary>
    private IEnumerable<string> Places(ISymbol symbol, INamedTypeSymbol type)
    {
        ISymbol declared = symbol.OriginalDefinition.DeclaringSyntaxReferences.IsEmpty ? type : symbol.OriginalDefinition;
        return declared.DeclaringSyntaxReferences.IsEmpty
            ? [$"[{type.ContainingAssembly?.Name}]"]
            : declared.DeclaringSyntaxReferences.Select(part => PlaceOf(Name(part.SyntaxTree.FilePath))!).Distinct();
    }

    /// <summary>
    /// Where a file counts: what is generated from a folder's .proto (obj/CONFIGURATION/FRAMEWORK/FOLDER) in that folder; null for other
    /// outputs of builds.
    /// </summary>
    private static string? PlaceOf(string file) => file.Split('/') switch
    {
        [var project, "obj", _, _, .. { Length: > 1 } generated] => string.Join('/', [project, .. generated]),
        [_, "obj" or "bin", ..] => null,
        _ => file,
    };

    private string Name(string path) => Path.GetRelativePath(_folder, path).Replace(Path.DirectorySeparatorChar, '/');
}
