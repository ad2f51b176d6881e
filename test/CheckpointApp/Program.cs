// CheckpointApp <case> <seed> <folder or -> <result> [device]: trains, with checkpoints in the folder, or with "-" without any, and then
// writes what came of it. Prints "begin" before Fit, a line an epoch, and "end".
using System.Globalization;
using CheckpointApp;
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;

if (args is not [var name, var seed, var folder, var result, ..])
{
    Console.Error.WriteLine($"usage: CheckpointApp {string.Join('|', KillCase.All.Select(entry => entry.Name))} SEED FOLDER|- RESULT "
        + $"[DEVICE]");
    return 2;
}

var mlContext = new MLContext(seed: int.Parse(seed, CultureInfo.InvariantCulture));
mlContext.Log += (_, e) =>
{
    if (e.Message.Contains("Training goes on", StringComparison.Ordinal) || e.Message.Contains("cannot be", StringComparison.Ordinal))
    {
        Console.WriteLine(e.Message);
    }
};
MlpBinaryTrainer.Options options = KillCase.Find(name).Options();
options.Device = args.Length > 4 ? ComputeDevice.Parse(args[4]) : ComputeDevice.Cpu;
options.Checkpoint = folder == "-" ? null : new CheckpointOptions { Folder = folder, EverySteps = 3 };
options.MetricsCallback = metrics => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {metrics.Epoch}"));
Console.WriteLine("begin");
NetworkBinaryTransformer model = mlContext.MixedPrecision().Trainers.MlpBinary(options).Fit(KillCase.Rows(mlContext));
File.WriteAllText(result, Outcome.Text(mlContext, model));
Console.WriteLine("end");
return 0;
