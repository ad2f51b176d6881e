// An exported FP16 model behind HTTP: concurrent requests are scored together, in one call of ONNX Runtime.
//
//   dotnet run -c Release --project samples/OnnxScoring                    trains a small network on digits first, if it has not yet
//   dotnet run -c Release --project samples/OnnxScoring -- --model FILE    any model with one input of (rows, N) Single
//   dotnet run -c Release --project samples/OnnxScoring -p:OnnxRuntimeFlavor=Gpu      with the CUDA provider, where it can be had
//
//   curl localhost:5000/health
//   curl localhost:5000/score --json '{ "Features": [0, 0, 5, …, 0] }'     64 numbers: a row; an array of such arrays: several rows
//
// Other options: --urls, --max-batch ROWS, --max-delay MILLISECONDS, --queue REQUESTS.
using OnnxScoring;

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
