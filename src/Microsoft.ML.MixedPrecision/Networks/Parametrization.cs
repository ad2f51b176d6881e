using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How the products of a network start and learn; what a trained network computes does not depend on it.</summary>
[TypeConverter(typeof(NamedEnumConverter<Parametrization>))]
public enum Parametrization
{
    /// <summary>Weights start as their activation wants it (He, Glorot, Klambauer), and learn at the learning rate.</summary>
    Standard = 0,

    /// <summary>
    /// The weights of a product of d inputs are V/√d with V ~ N(0, 1), and V is what learns: W starts at N(0, 1/d), and its learning rate
    /// is divided by √d, its decay multiplied by it. Learning rates are then some 10 to 100 times those of <see cref="Standard"/>: 0.04
    /// for classes, 0.07 to 0.2 for numbers. Source: RealMLP (https://arxiv.org/abs/2407.04491).
    /// </summary>
    NeuralTangent = 1,
}
