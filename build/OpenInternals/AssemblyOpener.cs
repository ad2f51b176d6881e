using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace OpenInternals;

/// <summary>
/// Makes a copy of an assembly look open to the C# compiler: <c>internal</c> becomes <c>public</c>, and
/// <c>private protected</c> becomes <c>protected</c>. Private members stay private.
/// </summary>
/// <remarks>
/// Only the accessibility bits of the metadata tables change (ECMA-335 II.22.15, .26 and .37), in place, so every
/// offset in the file stays valid. The copy is a compile-time reference and never runs.
/// </remarks>
internal sealed class AssemblyOpener
{
    // II.22.26: a MethodDef row is RVA (4 bytes), ImplFlags (2), Flags (2) ...; the other two tables begin with Flags.
    private const int MethodFlagsOffset = 6;

    private readonly byte[] _image;
    private readonly MetadataReader _metadata;
    private readonly int _metadataStart;

    /// <summary>Reads an assembly; <paramref name="image"/> is changed by <see cref="Open"/>.</summary>
    /// <param name="image">The bytes of the assembly's file.</param>
    /// <exception cref="BadImageFormatException">The bytes are not a managed assembly.</exception>
    public AssemblyOpener(byte[] image)
    {
        _image = image;
        // The reader holds the PE reader's copy of the metadata, so changing the image does not disturb it.
        var file = new PEReader(new MemoryStream(image.ToArray()));
        _metadata = file.GetMetadataReader();
        _metadataStart = file.PEHeaders.MetadataStartOffset;
    }

    /// <summary>Opens every type that the assembly's authors wrote, with its methods and fields.</summary>
    /// <returns>The bytes of the opened assembly.</returns>
    public byte[] Open()
    {
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var type = _metadata.GetTypeDefinition(handle);
            if (!IsWrittenByCompiler(type))
            {
                OpenType(handle, type);
            }
        }

        return _image;
    }

    private void OpenType(TypeDefinitionHandle handle, TypeDefinition type)
    {
        var flags = BinaryPrimitives.ReadInt32LittleEndian(Row(handle));
        BinaryPrimitives.WriteInt32LittleEndian(Row(handle), (int)Opened((TypeAttributes)flags));

        foreach (var method in type.GetMethods())
        {
            OpenMember(Row(method)[MethodFlagsOffset..]);
        }

        foreach (var field in type.GetFields())
        {
            OpenMember(Row(field));
        }
    }

    private static void OpenMember(Span<byte> row)
    {
        // Fields share the values of methods' access bits (II.23.1.5, II.23.1.10).
        var flags = (MethodAttributes)BinaryPrimitives.ReadUInt16LittleEndian(row);
        BinaryPrimitives.WriteUInt16LittleEndian(row, (ushort)Opened(flags));
    }

    private static TypeAttributes Opened(TypeAttributes flags)
    {
        var open = (flags & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.NotPublic => TypeAttributes.Public,
            TypeAttributes.NestedAssembly or TypeAttributes.NestedFamANDAssem or TypeAttributes.NestedFamORAssem
                => TypeAttributes.NestedPublic,
            var visibility => visibility,
        };
        return (flags & ~TypeAttributes.VisibilityMask) | open;
    }

    private static MethodAttributes Opened(MethodAttributes flags)
    {
        var open = (flags & MethodAttributes.MemberAccessMask) switch
        {
            MethodAttributes.Assembly => MethodAttributes.Public,
            MethodAttributes.FamANDAssem => MethodAttributes.Family,
            var access => access,
        };
        return (flags & ~MethodAttributes.MemberAccessMask) | open;
    }

    // Closures, and attributes that the compiler embeds in each assembly (NullableAttribute ...), would collide
    // with those of the assembly being compiled.
    private bool IsWrittenByCompiler(TypeDefinition type)
    {
        var space = _metadata.GetString(type.Namespace);
        return _metadata.GetString(type.Name).StartsWith('<')
            || space.StartsWith("System", StringComparison.Ordinal)
            || space.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal);
    }

    private Span<byte> Row(EntityHandle handle)
    {
        if (!MetadataTokens.TryGetTableIndex(handle.Kind, out var table))
        {
            throw new ArgumentException($"{handle.Kind} is in no metadata table.", nameof(handle));
        }

        var size = _metadata.GetTableRowSize(table);
        var start = _metadataStart + _metadata.GetTableMetadataOffset(table) + ((MetadataTokens.GetRowNumber(handle) - 1) * size);
        return _image.AsSpan(start, size);
    }
}
