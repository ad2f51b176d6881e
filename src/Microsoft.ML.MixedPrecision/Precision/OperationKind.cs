using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What an operation does, as far as a <see cref="PrecisionPolicy"/> distinguishes.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>kind</term><description>operands → arithmetic → stored as, under a mixed policy</description></listheader>
/// <item><term><see cref="MatrixProduct"/></term><description>compute format → Float32 accumulation → compute format; weight gradients
/// Float32</description></item>
/// <item><term><see cref="Activation"/></term><description>→ Float32 → compute format</description></item>
/// <item><term><see cref="Normalization"/></term><description>→ Float32 statistics and arithmetic → as activations, where not overridden
/// itself; scale and shift are Float32</description></item>
/// <item><term><see cref="Loss"/></term><description>Float32 logits → Float32 → Float32; its gradient, times the loss scale, in the compute
/// format</description></item>
/// <item><term><see cref="Reduction"/></term><description>any → Float32 in a fixed order → Float32</description></item>
/// <item><term><see cref="Optimizer"/></term><description>Float32 → Float32 → Float32; a shadow of the weights in the compute
/// format</description></item>
/// </list>
/// </remarks>
[TypeConverter(typeof(NamedEnumConverter<OperationKind>))]
public enum OperationKind
{
    /// <summary>A matrix product: a linear layer, forward and backward; or what picks rows of a weight, as a product with rows of 0 and
    /// one 1 would.</summary>
    MatrixProduct = 0,

    /// <summary>Element by element: bias, activation function, dropout and residual sum, and what is stored of them for the backward
    /// pass.</summary>
    Activation = 1,

    /// <summary>The loss and its scale.</summary>
    Loss = 2,

    /// <summary>Sums over many elements: bias gradients, norms of gradients.</summary>
    Reduction = 3,

    /// <summary>The optimizer's moments and update.</summary>
    Optimizer = 4,

    /// <summary>Layer and batch normalization: the statistics of each row or column and what is stored of the normalized values.</summary>
    Normalization = 5,
}
