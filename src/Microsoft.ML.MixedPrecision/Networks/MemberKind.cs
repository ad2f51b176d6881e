using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What the members of a network have of their own: see <see cref="MlpTrainerOptions.Members"/>. In every kind each has a last
/// layer of its own.</summary>
/// <remarks>Source: Y. Gorishniy, A. Kotelnikov and A. Babenko, "TabM: Advancing Tabular Deep Learning with Parameter-Efficient
/// Ensembling", 2024.</remarks>
[TypeConverter(typeof(NamedEnumConverter<MemberKind>))]
public enum MemberKind
{
    /// <summary>In each hidden layer a factor for each input and for each output, and a bias: y = ((x ⊙ rᵢ)·Wᵀ) ⊙ sᵢ + bᵢ with W that all
    /// members share.</summary>
    TabM = 0,

    /// <summary>A factor for each feature, and nothing more: hidden layers are the same for all members. Fewer weights, and
    /// faster.</summary>
    Mini,

    /// <summary>All hidden layers: as many networks, trained at once on the same batches, each as it would be alone. They share what stands
    /// ahead of the hidden layers: scaling of features, <see cref="MlpTrainerOptions.ScaleLayer"/>, and embeddings of numbers and
    /// categories. As many times the weights.</summary>
    Independent,
}
