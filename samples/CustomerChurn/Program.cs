// Who leaves? From a file of mixed columns (numbers, gaps, dates, categories) to a service that answers over HTTP.
using System.Globalization;
using System.Text;
using CustomerChurn;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
bool serve = args is ["--serve"];
if (args is ["--make-data", var path])
{
    using StreamWriter writer = File.CreateText(path);
    CustomerFile.Write(writer, rows: 4000, seed: 1);
    return 0;
}

if (args.Length > 0 && !serve)
{
    Console.Error.WriteLine("usage: CustomerChurn [--serve | --make-data FILE]");
    return 2;
}

// 1. Load. An empty number is a gap, NaN, and not 0.
var mlContext = new MLContext(seed: 1);
IDataView table = mlContext.Data.LoadFromTextFile<Customer>(
    Path.Combine(AppContext.BaseDirectory, "customers.csv"),
    new TextLoader.Options { Separators = [','], HasHeader = true, MissingRealsAsNaNs = true });
Customer[] customers = [.. mlContext.Data.CreateEnumerable<Customer>(table, reuseRowObject: false)];
Console.WriteLine($"customers.csv: {customers.Length} customers, {customers.Count(customer => customer.Churned)} of them left.");
(int ages, int incomes) = (
    customers.Count(customer => float.IsNaN(customer.Age)),
    customers.Count(customer => float.IsNaN(customer.Income)));
int shops = customers.DistinctBy(customer => customer.Shop).Count();
Console.WriteLine($"{ages} ages and {incomes} incomes are missing; there are {shops} shops.");

// 2. Keep a fifth aside, for the last word.
Customer[] shuffled = [.. customers];
new Random(1).Shuffle(shuffled);
Customer[] test = shuffled[..(shuffled.Length / 5)], train = shuffled[test.Length..];
IDataView rows = mlContext.Data.LoadFromEnumerable(train.Select(customer => new CustomerRow(customer)));

// 3. Cross-validation: five models, each asked about the fifth that it has not seen.
Console.WriteLine();
Console.WriteLine("Five-fold cross-validation, area under the ROC curve (0.5 guesses, 1 is best):");
Validate("MlpBinary, mixed FP16", Pipelines.Perceptron(mlContext));
Validate("ML.NET logistic regression", Pipelines.Logistic(mlContext));

// 4. One model of all of them, on the rows kept aside.
ITransformer model = Pipelines.Perceptron(mlContext).Fit(rows);
IDataView scored = model.Transform(mlContext.Data.LoadFromEnumerable(test.Select(customer => new CustomerRow(customer))));
CalibratedBinaryClassificationMetrics metrics = mlContext.BinaryClassification.Evaluate(scored);
Console.WriteLine();
Console.WriteLine($"On the {test.Length} kept aside: area {metrics.AreaUnderRocCurve:F3}, log-loss {metrics.LogLoss:F3} bits.");

// 5. What does it look at?
Console.WriteLine();
Console.WriteLine("Area lost when a column of the file is shuffled:");
foreach ((string column, double loss) in ColumnImportance.Of(mlContext, model, test))
{
    Console.WriteLine($"  {column,-12} {loss,6:F3} {new string('#', Math.Max(0, (int)Math.Round(loss * 200)))}");
}

// 6. As files: for ML.NET, and for whatever runs ONNX.
string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "output")).FullName;
string zip = Path.Combine(folder, "churn.zip"), onnx = Path.Combine(folder, "churn.fp16.onnx");
mlContext.Model.Save(model, rows.Schema, zip);
OnnxExportReport report = mlContext.MixedPrecision().Model.ExportToOnnx(
    model, rows, onnx, new OnnxExportOptions { Format = NumericFormat.Float16 });
Console.WriteLine();
string page = Path.Combine(folder, "run.html");
model.GetTraining()!.SaveReport(page);
Console.WriteLine("Written:");
Console.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, zip)}  {new FileInfo(zip).Length:N0} bytes");
Console.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, onnx)}  {report.FileBytes:N0} bytes");
Console.WriteLine($"  {Path.GetRelativePath(Environment.CurrentDirectory, page)}  how it trained");

// 7. Over HTTP, by the loaded file.
ITransformer loaded = mlContext.Model.Load(zip, out _);
await using WebApplication service = ChurnService.Create(mlContext, loaded, serve ? "http://127.0.0.1:5080" : "http://127.0.0.1:0");
await service.StartAsync();
string address = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
using var client = new HttpClient();
Console.WriteLine($"POST {address}/score");
foreach ((string who, string json) in ChurnService.Examples)
{
    using var content = new StringContent(json, Encoding.UTF8, "application/json");
    using HttpResponseMessage response = await client.PostAsync(new Uri($"{address}/score"), content);
    Console.WriteLine($"  {who}: {await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync()}");
}

if (serve)
{
    Console.WriteLine("Listening; Ctrl+C ends it.");
    await service.WaitForShutdownAsync();
}
else
{
    Console.WriteLine("To keep it running:");
    Console.WriteLine("  dotnet run --project samples/CustomerChurn -- --serve");
    Console.WriteLine("To serve the ONNX file, with requests scored together:");
    Console.WriteLine("  dotnet run --project samples/OnnxScoring -- --model \\");
    Console.WriteLine($"    {Path.GetRelativePath(Environment.CurrentDirectory, onnx)}");
}

return 0;

void Validate(string name, IEstimator<ITransformer> pipeline)
{
    var folds = mlContext.BinaryClassification.CrossValidate(rows, pipeline, numberOfFolds: 5);
    double[] areas = [.. folds.Select(fold => fold.Metrics.AreaUnderRocCurve)];
    Console.WriteLine($"  {name,-28} {areas.Average():F3} (folds {areas.Min():F3} to {areas.Max():F3})");
}
