using Microsoft.ML.MixedPrecision.Onnx.Safety;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>A model with its columns and its session: what views and cursors score with. Safe for many threads.</summary>
/// <param name="Model">The model.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Session">Its session.</param>
internal sealed record OnnxScorer(CheckedModel Model, ColumnMap Columns, OnnxScoringSession Session);
