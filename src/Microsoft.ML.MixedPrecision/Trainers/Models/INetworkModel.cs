using Microsoft.ML.MixedPrecision.Onnx.Pipeline;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Model parameters that hold a network.</summary>
internal interface INetworkModel : IExportedNetwork
{
    /// <summary>The network.</summary>
    NetworkModel Network { get; }
}
