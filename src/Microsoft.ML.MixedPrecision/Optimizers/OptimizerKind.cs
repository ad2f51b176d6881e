using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How gradients change weights.</summary>
[TypeConverter(typeof(NamedEnumConverter<OptimizerKind>))]
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2019).</summary>
    AdamW = 0,

    /// <summary>Stochastic gradient descent with momentum, optionally Nesterov's.</summary>
    Sgd = 1,
}
