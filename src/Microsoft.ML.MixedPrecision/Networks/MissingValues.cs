using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What a trainer, and the model that it makes, do with missing features, which are NaN. Infinities are no gaps: training refuses
/// them, and <see cref="InvalidFeatures"/> says what scoring does.</summary>
[TypeConverter(typeof(NamedEnumConverter<MissingValues>))]
public enum MissingValues
{
    /// <summary>Training refuses them, naming row, column and slot; in scoring <see cref="InvalidFeatures"/> decides. For data without
    /// gaps, or with gaps that the pipeline fills.</summary>
    Reject = 0,

    /// <summary>
    /// A missing feature becomes the median of its slot, before it is scaled, and for each slot with gaps in the rows that train the
    /// network reads one number more, 1 where the feature is missing and 0 where it is not. Both are learned in <c>Fit</c> and are a part
    /// of the model, its files and ONNX files; callers give the features, as many as ever, with NaN where one is missing.
    /// </summary>
    /// <remarks>
    /// Medians are of the values that are there in rows that train, not in those that validate, nor in rows of weight 0, as are the figures
    /// of <see cref="FeatureScaling"/>; between two values it is their mean. A slot that is missing in all of them becomes 0, and a warning
    /// says so. A gap in a slot that had none in training becomes the median, which <see cref="FeatureScaling.Robust"/> makes 0, without an
    /// indicator, and a warning counts such rows. Where rows are sparse, what is not stored is 0 and no gap.
    /// </remarks>
    ImputeAndIndicate = 1,
}
