using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>An activation function, computed in Float32 and applied element by element.</summary>
[TypeConverter(typeof(NamedEnumConverter<ActivationKind>))]
public enum ActivationKind
{
    /// <summary>y = x.</summary>
    None = 0,

    /// <summary>y = max(x, 0); the derivative at 0 is 0; NaN stays NaN.</summary>
    Relu,

    /// <summary>y = ½x(1 + tanh(√(2/π)(x + 0.044715x³))), the tanh form.</summary>
    Gelu,

    /// <summary>y = ½x(1 + erf(x/√2)), the exact form.</summary>
    GeluErf,

    /// <summary>y = x·sigmoid(x).</summary>
    Silu,

    /// <summary>y = tanh(x).</summary>
    Tanh,

    /// <summary>y = 1/(1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>y = x·tanh(ln(1 + eˣ)) (Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2020).</summary>
    Mish,

    /// <summary>y = λx for x &gt; 0, else λα(eˣ − 1), with λ = 1.0507009873554805 and α = 1.6732632423543772 (Klambauer et al.,
    /// "Self-Normalizing Neural Networks", 2017).</summary>
    Selu,
}
