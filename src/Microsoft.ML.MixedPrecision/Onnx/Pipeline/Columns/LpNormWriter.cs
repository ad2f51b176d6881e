using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.Transforms;
using static Microsoft.ML.Transforms.LpNormNormalizingEstimatorBase;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>
/// Writes NormalizeLpNorm and NormalizeGlobalContrast: y = (x − µ)·s/‖x − µ‖, row by row, with µ the row's mean or 0, the norm L1, L2, the
/// largest magnitude
/// or the standard deviation, and the factor s where the norm is 0 or NaN, and 1 where it is under 1e-8. ML.NET's own export divides by 0
/// and leaves s out.
/// </summary>
/// <remarks>Source: ML.NET's LpNormNormalizingTransformer. Sums are in another order, so that results agree to FP32's rounding.</remarks>
internal static class LpNormWriter
{
    private const string Options = "Microsoft.ML.Transforms.LpNormNormalizingEstimatorBase+ColumnOptionsBase, Microsoft.ML.Transforms";
    private const float SmallestFactor = 1e-8f;

    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column), FP32.</returns>
    public static OnnxValue Write(PipelineColumn column)
    {
        var options = OptionsOf((LpNormNormalizingTransformer)column.Transformer, column.Name);
        const OnnxElementType Type = OnnxElementType.Float;
        int axes = column.Type.Dimensions.Length;
        var x = column.InputValue;
        var mean = column.Reduce("ReduceMean", x, axes);
        var centred = column.Add("Sub", Type, x, mean);
        var norm = NormOf(Norm(options), IsCentred(options) || Norm(options) == NormFunction.StandardDeviation ? centred : x);

        var scale = column.Constant("scale", Type, new[] { Scale(options) }, 1);
        var hasNorm = column.Add("Greater", OnnxElementType.Bool, norm, column.Constant("zero", Type, new float[1], 1));
        var factor = column.Add("Where", Type, hasNorm, column.Add("Div", Type, scale, norm), scale);
        var isSmall = column.Add("Less", OnnxElementType.Bool, factor, column.Constant("smallest", Type, new[] { SmallestFactor }, 1));
        var kept = column.Add("Where", Type, isSmall, column.Constant("one", Type, new[] { 1f }, 1), factor);
        return column.Add("Mul", Type, IsCentred(options) ? centred : x, kept);

        OnnxValue NormOf(NormFunction kind, OnnxValue of) => kind switch
        {
            NormFunction.L1 => column.Reduce("ReduceSum", column.Add("Abs", Type, of), axes),
            NormFunction.L2 => column.Add("Sqrt", Type, column.Reduce("ReduceSum", column.Add("Mul", Type, of, of), axes)),
            NormFunction.Infinity => column.Reduce("ReduceMax", column.Add("Abs", Type, of), axes),
            NormFunction.StandardDeviation => column.Add("Sqrt", Type, column.Reduce("ReduceMean", column.Add("Mul", Type, of, of), axes)),
            _ => throw UnknownValue.Of(kind),
        };
    }

    private static object OptionsOf(LpNormNormalizingTransformer transformer, string column)
        => ((IEnumerable<object>)ColumnsOf(transformer)).Last(options => NameOf(options) == column);

    // The columns' options are of a type that is hidden in an assembly which is not opened.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Columns")]
    [return: UnsafeAccessorType("System.Collections.Generic.IReadOnlyCollection`1[[" + Options + "]]")]
    private static extern object ColumnsOf(LpNormNormalizingTransformer transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Name")]
    private static extern ref string NameOf([UnsafeAccessorType(Options)] object options);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Norm")]
    private static extern ref NormFunction Norm([UnsafeAccessorType(Options)] object options);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "EnsureZeroMean")]
    private static extern ref bool IsCentred([UnsafeAccessorType(Options)] object options);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Scale")]
    private static extern ref float Scale([UnsafeAccessorType(Options)] object options);
}
