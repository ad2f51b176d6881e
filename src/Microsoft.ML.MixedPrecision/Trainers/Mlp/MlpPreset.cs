using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Settings that belong together; options that are set besides go before them, one by one.</summary>
/// <remarks>
/// Both are of D. Holzmüller et al., "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data"
/// (https://arxiv.org/abs/2407.04491), who tuned them on many tables: 256 epochs, of which the best on the rows that validate is kept,
/// batches of 64 to 1024 by the rows that train, β₂ 0.95, no label smoothing, three hidden layers of 256, a scale layer, a
/// neural-tangent parametrization, an output layer that starts at 0; for classes SELU, for numbers Mish. Two classes have one output here,
/// where the paper has two.
/// </remarks>
[TypeConverter(typeof(NamedEnumConverter<MlpPreset>))]
public enum MlpPreset
{
    /// <summary>None: the defaults that each option tells.</summary>
    None = 0,

    /// <summary>RealMLP-TD-S: learning rate 0.04 for classes and 0.07 for numbers by <see cref="LearningRateSchedule.CosLog"/>, neither
    /// dropout nor decay.</summary>
    RealMlpSimple = 1,

    /// <summary>RealMLP-TD: besides, periodic embeddings of the features, parametric activations, a data-driven start, dropout 0.15 and
    /// decay 0.02 by <see cref="RegularizationSchedule.FlatCos"/>; learning rate 0.2 for numbers. The paper also clips predicted numbers to
    /// the range of the labels, which is not done here.</summary>
    RealMlp = 2,
}
