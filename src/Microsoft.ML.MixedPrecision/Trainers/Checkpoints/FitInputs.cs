using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>What a fit is about to train with: all that its checkpoints are known by, and what a model is made from one with.</summary>
/// <param name="Options">The trainer's options.</param>
/// <param name="Family">What they say of the network.</param>
/// <param name="Mapper">What made the features out of the columns of the data, or null.</param>
/// <param name="Training">The same as the loop takes them: policy, seed and patience as they were resolved.</param>
/// <param name="Network">The network with its starting weights.</param>
/// <param name="IsWarmStart">Whether these are a previous model's.</param>
/// <param name="Columns">Columns of the training rows.</param>
/// <param name="Train">The rows, scaled and rounded.</param>
/// <param name="Order">Which of them train and which validate.</param>
/// <param name="Validation">Rows of a validation set, or null.</param>
/// <param name="Scaling">What was done to the labels, or null.</param>
/// <param name="Device">Where training runs.</param>
internal sealed record FitInputs(
    NetworkTrainerOptions Options,
    NetworkFamily Family,
    ITransformer? Mapper,
    TrainingOptions Training,
    Network Network,
    bool IsWarmStart,
    LabelledColumns Columns,
    RowStore Train,
    RowOrder Order,
    RowStore? Validation,
    TargetScaling? Scaling,
    Device Device);
