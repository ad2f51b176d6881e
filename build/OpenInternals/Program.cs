using OpenInternals;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: OpenInternals <output folder> <assembly> ...");
    return 2;
}

Directory.CreateDirectory(args[0]);
foreach (var source in args.Skip(1))
{
    var opened = new AssemblyOpener(File.ReadAllBytes(source)).Open();
    var target = Path.Combine(args[0], Path.GetFileName(source));

    // Moved into place whole: another build of the same project may be reading the previous copy.
    var partial = $"{target}.{Environment.ProcessId}.tmp";
    File.WriteAllBytes(partial, opened);
    File.Move(partial, target, overwrite: true);
}

return 0;
