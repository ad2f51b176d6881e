// LoaderApp <model.zip> <rows.idv>: loads a model and scores rows, knowing only ML.NET.
// Prints a line for each row: the predicted label, where the task has one, then the bits of scores and probability in hexadecimal.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

if (AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == "Microsoft.ML.MixedPrecision"))
{
    throw new InvalidOperationException("The library was loaded before the model; this program would prove nothing.");
}

var mlContext = new MLContext();
var model = mlContext.Model.Load(args[0], out _);
var scored = model.Transform(mlContext.Data.LoadFromBinary(args[1]));
List<string[]> columns = [];
if (Has("PredictedKind"))
{
    columns.Add([.. scored.GetColumn<string>("PredictedKind")]);
}
else if (Has("PredictedLabel"))
{
    columns.Add([.. scored.GetColumn<bool>("PredictedLabel").Select(label => label.ToString(CultureInfo.InvariantCulture))]);
}

columns.Add(scored.Schema["Score"].Type is VectorDataViewType
    ? [.. scored.GetColumn<float[]>("Score").Select(score => string.Join(' ', score.Select(Bits)))]
    : [.. scored.GetColumn<float>("Score").Select(Bits)]);
if (Has("Probability"))
{
    columns.Add([.. scored.GetColumn<float>("Probability").Select(Bits)]);
}

for (int row = 0; row < columns[0].Length; row++)
{
    Console.WriteLine(string.Join(' ', columns.Select(column => column[row])));
}

bool Has(string column) => scored.Schema.GetColumnOrNull(column) is not null;

static string Bits(float value) => $"{BitConverter.SingleToUInt32Bits(value):X8}";
