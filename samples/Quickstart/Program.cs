// The main job: real rows → ML.NET pipeline → mixed-precision training → an ordinary transformer → FP16 ONNX.
// With a file of yours: dotnet run --project samples/Quickstart -- my.csv --label Column
using System.Globalization;
using Quickstart;
using Spectre.Console;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
AnsiConsole.Profile.Width = Quickstart.Text.Width;
if (args is [var csv, "--label", var label])
{
    return YourCsv.Run(csv, label);
}

if (args.Length > 0)
{
    Quickstart.Text.Write("usage: Quickstart [FILE.csv --label COLUMN]");
    return 2;
}

return Tour.Run();
