// DocsApp --data FOLDER [--output] PAGE…: compiles and runs the C# of the pages. Exit code: how many of them failed.
using System.Diagnostics;
using System.Globalization;
using DocsApp;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not ["--data", var data, ..] || args.Length < 3)
{
    Console.Error.WriteLine("usage: DocsApp --data FOLDER [--output] PAGE…");
    return 2;
}

bool show = args[2] == "--output";
int failed = 0;
foreach (string path in args[(show ? 3 : 2)..])
{
    var watch = Stopwatch.StartNew();
    try
    {
        string output = PageRun.Run(Page.Read(Path.GetFullPath(path)), data);
        Console.WriteLine($"{path}: runs, {watch.Elapsed.TotalSeconds:F1} s");
        Console.Write(show ? output : "");
    }
    catch (FormatException e)
    {
        failed++;
        Console.WriteLine($"{path}: FAILS");
        Console.WriteLine(e.Message);
    }
}

return failed;
