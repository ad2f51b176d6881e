using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What trainers that tell classes apart let choose besides what all do, whatever their family of networks. The label is a key of
/// UInt32.</summary>
public interface IMulticlassOptions
{
    /// <summary>
    /// By class, the factor of its rows' weights: the key is the label's value as text, or the key's number, from 1, where the label has no
    /// values. Classes that are not named keep 1. Null for 1 everywhere. The loss is still divided by the number of rows, where PyTorch's
    /// mean divides by the sum of the weights.
    /// </summary>
    IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

    /// <summary>Share ε of the target that all classes get alike, (1 − ε)·onehot + ε/classes; from 0 to below 1. Validation measures
    /// without
    /// it.</summary>
    /// <remarks>A row's class weight multiplies the whole of its loss, the smoothed part too. PyTorch's <c>CrossEntropyLoss</c> multiplies
    /// the share of each class by that class's weight instead.</remarks>
    [Range(0.0, 0.3)]
    float LabelSmoothing { get; set; }
}
