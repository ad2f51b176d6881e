// LoaderApp <model.zip> <rows.idv>: loads a model and scores rows, knowing only ML.NET.
// Prints a line for each row: the predicted label, then the bits of each score in hexadecimal.
using Microsoft.ML;
using Microsoft.ML.Data;

if (AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == "Microsoft.ML.MixedPrecision"))
{
    throw new InvalidOperationException("The library was loaded before the model; this program would prove nothing.");
}

var mlContext = new MLContext();
var model = mlContext.Model.Load(args[0], out _);
var scored = model.Transform(mlContext.Data.LoadFromBinary(args[1]));
var labels = scored.GetColumn<string>("PredictedKind");
var scores = scored.GetColumn<float[]>("Score");
foreach (var (label, score) in labels.Zip(scores))
{
    Console.WriteLine($"{label} {string.Join(' ', score.Select(value => $"{BitConverter.SingleToUInt32Bits(value):X8}"))}");
}
