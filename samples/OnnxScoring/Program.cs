// An exported pipeline behind HTTP: concurrent requests are scored together, in one call of ONNX Runtime. Fields of a request are the
// columns
// that the pipeline reads, fields of the answer those that it makes.
//
//   dotnet run -c Release --project samples/OnnxScoring                    trains a small network on digits first, if it has not yet
//   dotnet run -c Release --project samples/OnnxScoring -- --model FILE    any file that ExportToOnnx wrote; --help lists the options
//   dotnet run -c Release --project samples/OnnxScoring -p:OnnxRuntimeFlavor=Gpu      with the CUDA provider, where it can be had
//
//   curl localhost:5000/health                                             the columns, with their types
//   curl localhost:5000/openapi/v1.json                                    the same as an OpenAPI document
//   curl localhost:5000/score --json '{ "Features": [0, 0, 5, …, 0] }'     64 numbers: a row
//   curl localhost:5000/score --json '[{ "Age": 30, "City": "Oslo" }, …]'  rows of a pipeline with several columns
using OnnxScoring;

if (args.Any(Help.IsAskedBy))
{
    Console.WriteLine(Help.Text);
    return 0;
}

try
{
    await using WebApplication service = ScoringService.Build(args);
    await service.RunAsync();
    return 0;
}
catch (StartException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
