using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>A phase between two steps.</summary>
/// <param name="Block">Its states.</param>
/// <param name="Rule">The rule of its loss scale, resolved and measured: under another one the scale begins anew.</param>
internal sealed record PhaseState(PhaseBlock Block, LossScaleRule Rule);
