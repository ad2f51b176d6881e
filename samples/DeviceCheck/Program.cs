// What this machine can compute on: devices, memory, formats, NVIDIA's libraries or what is missing, and what Auto would choose and why.
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;

var mlContext = new MLContext();
DeviceReport report = mlContext.MixedPrecision().Diagnostics.Devices();
Console.Write(report);
