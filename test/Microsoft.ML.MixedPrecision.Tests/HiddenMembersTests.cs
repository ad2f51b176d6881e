using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>
/// The library calls members of ML.NET that are not public. Here each of them is resolved in the ML.NET that is present, as the runtime
/// would when the call is first made, so that another version that lacks one is noticed now and not by a user.
/// </summary>
[TestClass]
public sealed unsafe class HiddenMembersTests
{
    private const int GenericArguments = 8;
    private static readonly Module Library = typeof(MixedPrecisionCatalog).Module;
    private static readonly MetadataReader Metadata = Open();

    [TestMethod]
    public void MLNetMembers_UsedByTheLibrary_AllResolve()
    {
        var missing = new List<string>();
        var hidden = new SortedSet<string>(StringComparer.Ordinal);
        foreach (MemberReferenceHandle handle in Metadata.MemberReferences)
        {
            MemberReference reference = Metadata.GetMemberReference(handle);
            if (!IsMLNet(reference.Parent))
            {
                continue;
            }

            try
            {
                MemberInfo member = Resolve(handle);
                if (IsHidden(member))
                {
                    hidden.Add($"{member.DeclaringType!.FullName}.{member.Name}");
                }
            }
            catch (Exception e) when (e is MissingMemberException or TypeLoadException)
            {
                missing.Add($"{Metadata.GetString(reference.Name)}: {e.Message}");
            }
        }

        Assert.IsEmpty(missing, string.Join(Environment.NewLine, missing));
        Assert.IsGreaterThan(30, hidden.Count, "The library uses hidden members; if this test sees none of them, it proves nothing.");
        Assert.IsTrue(hidden.Contains("Microsoft.ML.Data.RowToRowScorerBase.ApplyToData"), string.Join(Environment.NewLine, hidden));
        Assert.IsTrue(hidden.Contains("Microsoft.ML.LoadableClassAttribute..ctor"), string.Join(Environment.NewLine, hidden));
    }

    /// <summary>Of members that only derived classes may call, the library has accessors, which are bound when they are compiled.</summary>
    [TestMethod]
    public void MLNetMembers_ReachedByAccessors_AllResolve()
    {
        MethodInfo[] accessors = [.. Library.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => method.IsDefined(typeof(UnsafeAccessorAttribute)))];

        Assert.IsNotEmpty(accessors);
        foreach (MethodInfo accessor in accessors)
        {
            RuntimeHelpers.PrepareMethod(accessor.MethodHandle);
        }
    }

    [TestMethod]
    public void MLNetTypes_UsedByTheLibrary_AreHiddenInTheOpenedAssembliesOnly()
    {
        var assemblies = Metadata.TypeReferences
            .Where(handle => IsMLNet(handle))
            .Select(handle => Library.ResolveType(MetadataTokens.GetToken(handle)))
            .Where(type => !type.IsVisible)
            .Select(type => type.Assembly.GetName().Name)
            .Distinct()
            .Order()
            .ToArray();

        CollectionAssert.AreEqual(new[] { "Microsoft.ML.Core", "Microsoft.ML.Data" }, assemblies);
    }

    [TestMethod]
    public void Types_OfTheLibrary_AllLoad()
    {
        // A type whose base lacks a member that it overrides, or whose interface has a new one, does not load.
        Assert.IsGreaterThan(100, Library.GetTypes().Length);
    }

    private static MetadataReader Open()
    {
        Assert.IsTrue(Library.Assembly.TryGetRawMetadata(out byte* blob, out int length));
        return new MetadataReader(blob, length);
    }

    // A reference inside a generic type or method may name its parameters; any types do for finding the member.
    private static MemberInfo Resolve(MemberReferenceHandle handle)
    {
        try
        {
            return Resolve(handle, [.. Enumerable.Repeat(typeof(uint), GenericArguments)]);
        }
        catch (Exception e) when (e is ArgumentException or TypeLoadException)
        {
            // A member of a base class of ours that is generic itself: its parameters must be a transformer and a model, or a model.
            try
            {
                return Resolve(handle, [typeof(NetworkMulticlassTransformer), typeof(NetworkMulticlassModelParameters)]);
            }
            catch (Exception inner) when (inner is ArgumentException or TypeLoadException)
            {
                return Resolve(handle, [typeof(NetworkMulticlassModelParameters)]);
            }
        }
    }

    private static MemberInfo Resolve(MemberReferenceHandle handle, Type[] arguments)
        => Library.ResolveMember(MetadataTokens.GetToken(handle), arguments, arguments)!;

    private static bool IsMLNet(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.AssemblyReference => IsMLNet(Metadata.GetString(Metadata.GetAssemblyReference((AssemblyReferenceHandle)handle).Name)),
        HandleKind.TypeReference => IsMLNet(Metadata.GetTypeReference((TypeReferenceHandle)handle).ResolutionScope),
        HandleKind.TypeSpecification => IsMLNet(GenericType(Metadata.GetTypeSpecification((TypeSpecificationHandle)handle))),
        _ => false,
    };

    private static bool IsMLNet(string assembly)
        => assembly.StartsWith("Microsoft.ML", StringComparison.Ordinal)
            && !assembly.StartsWith("Microsoft.ML.MixedPrecision", StringComparison.Ordinal);

    // ECMA-335 II.23.2.12: GENERICINST (CLASS | VALUETYPE) TypeDefOrRefOrSpecEncoded ...
    private static EntityHandle GenericType(TypeSpecification specification)
    {
        BlobReader signature = Metadata.GetBlobReader(specification.Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return default;
        }

        signature.ReadCompressedInteger();
        return signature.ReadTypeHandle();
    }

    private static bool IsHidden(MemberInfo member)
    {
        Type type = member.DeclaringType!;
        Type definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return !definition.IsVisible || member switch
        {
            MethodBase method => method.IsAssembly || method.IsFamilyAndAssembly,
            FieldInfo field => field.IsAssembly || field.IsFamilyAndAssembly,
            _ => false,
        };
    }
}
