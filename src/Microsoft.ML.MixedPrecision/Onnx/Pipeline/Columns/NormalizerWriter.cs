using System.Collections.Immutable;
using System.Numerics;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.NormalizingTransformer;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes normalizers that shift and scale: y = (x − offset)·scale, element by element, in the column's own format.</summary>
internal static class NormalizerWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column).</returns>
    /// <exception cref="NotSupportedException">Another kind of normalizer made it.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var parameters = ((NormalizingTransformer)column.Transformer)
            .Columns.Last(entry => entry.Name == column.Name)
            .ColumnFunction.GetNormalizerModelParams();
        return parameters switch
        {
            AffineNormalizerModelParameters<float> one => Write(column, [one.Scale], [one.Offset]),
            AffineNormalizerModelParameters<double> one => Write(column, [one.Scale], [one.Offset]),
            AffineNormalizerModelParameters<ImmutableArray<float>> all => Write<float>(column, [.. all.Scale], [.. all.Offset]),
            AffineNormalizerModelParameters<ImmutableArray<double>> all => Write<double>(column, [.. all.Scale], [.. all.Offset]),
            _ => throw column.Refusal($"is normalized by {NameOf(parameters)}, which is not exported; "
                + $"{nameof(NormalizationCatalog.NormalizeMeanVariance)} and {nameof(NormalizationCatalog.NormalizeRobustScaling)} are"),
        };
    }

    /// <summary>An offset of zeros is left out.</summary>
    private static OnnxValue Write<T>(PipelineColumn column, T[] scale, T[] offset)
        where T : unmanaged, INumber<T>
    {
        var (type, dimensions) = (column.Type.Type, column.Type.Dimensions);
        var x = column.InputValue;
        if (!Array.TrueForAll(offset, T.IsZero))
        {
            x = column.Add("Sub", type, x, column.Constant("offset", type, offset, dimensions));
        }

        return column.Add("Mul", type, x, column.Constant("scale", type, scale, dimensions));
    }

    private static string NameOf(NormalizerModelParametersBase parameters)
    {
        string name = parameters.GetType().Name.Split('`')[0];
        return name switch
        {
            "BinNormalizerModelParameters" => $"NormalizeBinning or NormalizeSupervisedBinning ({name})",
            "CdfNormalizerModelParameters" => $"NormalizeLogMeanVariance, or NormalizeMeanVariance with useCdf ({name})",
            _ => name,
        };
    }
}
