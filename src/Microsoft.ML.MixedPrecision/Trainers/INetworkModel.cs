namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Model parameters that hold a network.</summary>
internal interface INetworkModel
{
    /// <summary>The network.</summary>
    NetworkModel Network { get; }
}
