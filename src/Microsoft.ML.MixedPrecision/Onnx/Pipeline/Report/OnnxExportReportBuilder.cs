using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Collects what an export's report says.</summary>
/// <param name="options">How it was exported.</param>
/// <param name="context">What was written.</param>
internal sealed class OnnxExportReportBuilder(OnnxExportOptions options, PipelineOnnxContext context)
{
    /// <summary>Under this share of equal labels an export without a limit is warned of.</summary>
    private const double AgreementToWarnOf = 0.99;

    /// <summary>
    /// Beyond this difference, relative to the scores, the file computes something else than the model: FP32 rounds to 6e-8, and sums of
    /// thousands of terms that cancel each other stay a hundred times under it.
    /// </summary>
    private const double RoundingOfScores = 1e-3;

    /// <summary>Under this share of equal labels it does too: rounding changes only those whose best scores are equal but for it.</summary>
    private const double RoundingOfLabels = 0.999;

    /// <summary>Ranges on the rows; null without.</summary>
    public LayerRanges? Measured { get; init; }

    /// <summary>Inputs and outputs that stayed FP32 in spite of FP16 edges, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Float32Edges { get; init; } = new Dictionary<string, string>();

    /// <summary>What layers change that were tried alone.</summary>
    public required IReadOnlyDictionary<string, OnnxComparison> Alone { get; init; }

    /// <summary>Differences on the rows.</summary>
    public OnnxVerification? Verification { get; init; }

    /// <summary>The model against its export in FP32; null if that was not measured.</summary>
    public OnnxComparison? ModelToFloat32 { get; init; }

    /// <summary>Why there are none.</summary>
    public string? NotVerified { get; init; }

    /// <summary>Size of the export in FP32.</summary>
    public long? Float32Bytes { get; init; }

    /// <summary>The report on a file as it now is.</summary>
    public OnnxExportReport Build(ModelProto file) => new()
    {
        FileBytes = file.CalculateSize(),
        Float32Bytes = Float32Bytes,
        Format = options.Format,
        Opset = (int)context.Graph.Opset,
        Inputs = [.. file.Graph.Input.Select(input => input.Name)],
        Outputs = [.. file.Graph.Output.Select(output => output.Name)],
        SaturatedWeights = context.SaturatedWeights,
        Layers = [.. context.Layers.Select(Layer)],
        Warnings = [.. Warnings()],
        Verification = Verification,
        NotVerified = Verification is null ? NotVerified : null,
    };

    private OnnxLayerReport Layer(OnnxLayer layer)
    {
        var training = context.Ranges.GetValueOrDefault(layer.Name);
        return new OnnxLayerReport
        {
            Name = layer.Name,
            Operator = layer.Operator,
            Format = layer.IsFloat16 ? NumericFormat.Float16 : NumericFormat.Float32,
            WeightFormat = FormatOf(layer.Weights),
            Reason = layer.Reason,
            LargestInTraining = training?.Largest,
            BelowNormalInTraining = training?.BelowNormal,
            LargestOnRows = Measured?.LargestOf(layer.Name),
            BelowNormalOnRows = Measured?.BelowNormalOf(layer.Name),
            Alone = Alone.GetValueOrDefault(layer.Name),
        };
    }

    private static NumericFormat? FormatOf(OnnxElementType? type) => type switch
    {
        OnnxElementType.Float16 => NumericFormat.Float16,
        OnnxElementType.BFloat16 => NumericFormat.BFloat16,
        OnnxElementType.Float => NumericFormat.Float32,
        null => null,
        { } other => throw UnknownValue.Of(other),
    };

    /// <summary>Says that the file is another model, which no format is the reason of.</summary>
    private string? Disagreement()
        => ModelToFloat32 is { } found && (found.LargestRelative > RoundingOfScores || found.LabelAgreement < RoundingOfLabels)
            ? $"the file does not compute what the model does, by more than Float32's rounding "
                + $"({found}{(options.Format == NumericFormat.Float32 ? "" : ", in Float32")}): do not use it for such rows. "
            + $"Name the columns of the steps one after the other in {nameof(options.OutputColumns)} to find the one that differs, "
                + $"apply that to the data before the pipeline, and report it"
            : null;

    private IEnumerable<string> Warnings()
    {
        if (Disagreement() is { } disagreement)
        {
            yield return disagreement;
        }

        if (context.SaturatedWeights > 0)
        {
            yield return $"{context.SaturatedWeights} weights are beyond the largest value of {options.Format} and were set to that";
        }

        if (options.Format != NumericFormat.Float16)
        {
            yield break;
        }

        if (options is { Float16Edges: true, PrecisionAware: false } && context.ScalesFeatures)
        {
            yield return $"inputs are rounded to Float16 at the file's edges, before {nameof(FeatureScaling)}: what is beyond 65504 "
                + $"becomes infinite, and differences of a thousandth of a value are lost; leave {nameof(options.Float16Edges)} off, "
                + $"unless the pipeline's inputs are of size 1";
        }

        foreach (var (name, reason) in Float32Edges)
        {
            yield return $"'{name}' stays Float32 in spite of {nameof(options.Float16Edges)}: {reason}";
        }

        if (options.PrecisionAware && context.Ranges.Count == 0 && Measured is null)
        {
            yield return "nothing is known of the sizes of values, so that no layer was kept in FP32 for them: give data to the "
                + "export, or train with RangeProbeInterval above 0";
        }

        if (Verification?.Float32ToFloat16 is { LargestDifference: double.PositiveInfinity })
        {
            yield return options is { Float16Edges: true, PrecisionAware: true }
                ? $"inputs or scores are beyond Float16's largest value, 65504, at the file's edges: leave "
                    + $"{nameof(options.Float16Edges)} off"
                : $"scores overflow in Float16: leave {nameof(options.PrecisionAware)} on, or export in Float32";
        }
        else if (options.MinAgreement is null && Verification?.Float32ToFloat16?.LabelAgreement < AgreementToWarnOf)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Float16 changes "
                + $"{1 - Verification.Float32ToFloat16.LabelAgreement:P1} of the labels; {nameof(options.MinAgreement)} keeps layers in "
                + $"FP32 until fewer change");
        }
    }
}
