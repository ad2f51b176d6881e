namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>A source file names a type of another: a line of test/RoomsApp.</summary>
/// <param name="File">The file, from the folder of the sources.</param>
/// <param name="Line">The first line that does.</param>
/// <param name="Type">The type.</param>
/// <param name="Where">The file that declares what is named, or <c>[assembly]</c>.</param>
internal sealed record SourceReference(string File, int Line, string Type, string Where)
{
    /// <summary>The room that the file is in.</summary>
    public string Room => RoomOf(File);

    /// <summary>The room that the type is in; null for one of a library.</summary>
    public string? Used => Where.StartsWith('[') ? null : RoomOf(Where);

    /// <summary>Reads the references of all sources below a folder.</summary>
    public static IReadOnlyList<SourceReference> Of(string folder)
    {
        (int code, string output, string error) = HouseProgram.Run("RoomsApp", folder);
        Assert.AreEqual(0, code, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
    }

    /// <summary>
    /// The folder within a project, <c>Onnx/…</c> by its second part, "" for the project's own; the whole assembly of bindings is one room,
    /// Cuda. What a project generates is where its source is.
    /// </summary>
    public static string RoomOf(string file)
    {
        string[] parts = file.Split('/');
        return parts[0] == "Microsoft.ML.MixedPrecision.Cuda" ? "Cuda"
            : parts.Length <= 2 ? ""
            : parts[1] == "Onnx" && parts.Length > 3 ? $"Onnx/{parts[2]}"
            : parts[1];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{File}({Line}) uses {Type} of {Where}";

    private static SourceReference Parse(string line)
        => line.Split('\t') is [var file, var number, var type, var where]
            ? new(file, int.Parse(number, System.Globalization.CultureInfo.InvariantCulture), type, where)
            : throw new FormatException($"'{line}' is not FILE TAB LINE TAB TYPE TAB WHERE.");
}
