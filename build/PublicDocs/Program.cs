// PublicDocs <assembly> <documentation file>: leaves in the file what documents members that other assemblies see.
using System.Xml.Linq;
using PublicDocs;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: PublicDocs <assembly> <documentation file>");
    return 2;
}

XDocument documentation = XDocument.Load(args[1], LoadOptions.PreserveWhitespace);
IReadOnlySet<string> visible = VisibleMembers.Of(args[0]);
XElement[] others = [
    .. documentation.Root!.Element("members")!.Elements("member").Where(
        member => !visible.Contains((string?)member.Attribute("name") ?? ""))];
foreach (XElement member in others)
{
    // The line break and the indentation before it, too.
    (member.PreviousNode as XText)?.Remove();
    member.Remove();
}

// Moved into place whole: another build may be reading the file.
string partial = $"{args[1]}.{Environment.ProcessId}.tmp";
documentation.Save(partial, SaveOptions.DisableFormatting);
File.Move(partial, args[1], overwrite: true);
return 0;
