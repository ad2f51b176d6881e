using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>A number for each feature, learned from rows before training and saved with the network: (1, features), Float32.</summary>
/// <param name="name">Its name in files.</param>
/// <param name="columns">Features.</param>
internal sealed class LearnedVector(string name, int columns) : StoredMatrix(name, 1, columns);
