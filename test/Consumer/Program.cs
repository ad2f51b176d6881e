using System.Reflection;
using Microsoft.ML;

var mlContext = new MLContext(seed: 1);
mlContext.Log += (_, e) => Console.WriteLine(e.Message);

var library = Assembly.Load("Microsoft.ML.MixedPrecision");
var version = library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
Console.WriteLine($"{library.GetName().Name} {version} with ML.NET in {typeof(MLContext).Assembly.Location}");
