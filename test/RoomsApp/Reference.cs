namespace RoomsApp;

/// <summary>A file names a type of another file.</summary>
/// <param name="File">The file, from the folder of the sources, with forward slashes.</param>
/// <param name="Line">The first line in it that does, from 1.</param>
/// <param name="Type">The type.</param>
/// <param name="Where">The file that declares the type, or the member of it that is used; <c>[assembly]</c> for a type of another.</param>
internal sealed record Reference(string File, int Line, string Type, string Where);
