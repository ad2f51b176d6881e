// RoomsApp FOLDER: every reference from one source file below the folder to a type of another, a line each: FILE TAB LINE TAB TYPE TAB
// WHERE,
// where WHERE is the file that declares the type, or the assembly in brackets. Exit code 1, and what is wrong, where the sources cannot be
// read.
using RoomsApp;

if (args is not [var folder] || !Directory.Exists(folder))
{
    Console.Error.WriteLine("usage: RoomsApp FOLDER (one with C# sources)");
    return 2;
}

var sources = new SourceTree(Path.GetFullPath(folder));
using var output = new StreamWriter(Console.OpenStandardOutput());
foreach (Reference reference in sources.References())
{
    output.WriteLine($"{reference.File}\t{reference.Line}\t{reference.Type}\t{reference.Where}");
}

return 0;
