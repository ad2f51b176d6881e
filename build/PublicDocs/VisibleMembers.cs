using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace PublicDocs;

/// <summary>What other assemblies see of an assembly, as the names that documentation files give members.</summary>
internal static class VisibleMembers
{
    /// <summary>The names.</summary>
    /// <param name="path">The assembly.</param>
    public static IReadOnlySet<string> Of(string path)
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(path);
        return assembly.MainModule.GetTypes().Where(IsVisible).SelectMany(Names).ToHashSet();
    }

    private static IEnumerable<string> Names(TypeDefinition type) =>
    [
        DocCommentId.GetDocCommentId(type),
        .. type.Methods.Where(IsVisible).Select(DocCommentId.GetDocCommentId),
        .. type.Fields.Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(DocCommentId.GetDocCommentId),
        .. type.Properties.Where(
            property => IsVisible(property.GetMethod) || IsVisible(property.SetMethod)).Select(DocCommentId.GetDocCommentId),
        .. type.Events.Where(one => IsVisible(one.AddMethod)).Select(DocCommentId.GetDocCommentId),
    ];

    private static bool IsVisible(TypeDefinition type)
        => type.IsPublic
            || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamilyOrAssembly) && IsVisible(type.DeclaringType));

    private static bool IsVisible(MethodDefinition? method)
        => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };
}
