using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <content>Its nodes in ONNX files: FP32 in every file, ahead of the first cast, with the bits of <see cref="Apply"/>.</content>
internal sealed partial record InputPreparation
{
    /// <summary>Writes the nodes.</summary>
    /// <param name="writer">Writes.</param>
    /// <param name="x">Features as they are given, without those that are categories: (N, numbers).</param>
    /// <param name="categories">Those that are categories: (N, <see cref="Categories"/>); null for none.</param>
    /// <returns>The numbers without gaps, (N, numbers), and what the first layer reads, (N, numbers + <see cref="Categories"/> +
    /// <see cref="Indicators"/>).</returns>
    public (OnnxValue Filled, OnnxValue Prepared) Write(OnnxNetworkWriter writer, OnnxValue x, OnnxValue? categories)
    {
        OnnxValue filled = x;
        OnnxValue? indicators = null;
        if (Gaps is not null)
        {
            (filled, indicators) = FillGaps(writer, Gaps, writer.Cast(x, OnnxElementType.Float));
        }

        OnnxValue scaled = filled;
        if (Scaling is not null)
        {
            scaled = writer.Scale(filled, Scaling.Shift.Values, Scaling.Factor.Values);
            scaled = Scaling.Clips ? Clip(writer, scaled) : scaled;
        }

        OnnxValue[] behind = [.. new[] { categories, indicators }.OfType<OnnxValue>()];
        return (filled, behind.Length > 0 ? Append(writer, scaled, behind) : scaled);
    }

    /// <summary><c>IsNaN</c> and <c>Where</c>, and for indicators <c>Gather</c> and <c>Cast</c>.</summary>
    private static (OnnxValue Filled, OnnxValue? Indicators) FillGaps(OnnxNetworkWriter writer, GapFiller gaps, OnnxValue x)
    {
        float[] fill = gaps.Fill.Values;
        OnnxValue missing = writer.Graph.AddOperator("IsNaN", "features.missing", OnnxElementType.Bool, x).Value;
        OnnxValue medians = writer.Weights.Add(fill, "features.fill", OnnxLayerFormat.Float32, fill.Length);
        OnnxValue filled = Float(writer, "Where", "features.filled", missing, medians, x);
        if (gaps.Indicated.IsEmpty)
        {
            return (filled, null);
        }

        long[] places = Array.ConvertAll(gaps.Indicated.ToArray(), place => (long)place);
        string name = writer.Graph.ReserveValueName("features.indicated");
        OnnxValue numbers = writer.Graph.AddInitializer(OnnxTensors.Wrap(name, OnnxElementType.Int64, places, places.Length));
        var (node, some) = writer.Graph.AddOperator("Gather", "features.indicated_missing", OnnxElementType.Bool, missing, numbers);
        node.With("axis", 1L);
        return (filled, writer.Cast(some, OnnxElementType.Float));
    }

    /// <summary>As <see cref="SmoothClip"/>: <c>Clip</c>, which keeps the square finite, <c>Mul</c>, <c>Mul</c>, <c>Add</c>, <c>Sqrt</c>
    /// and <c>Div</c>.</summary>
    private static OnnxValue Clip(OnnxNetworkWriter writer, OnnxValue z)
    {
        OnnxValue least = Scalar(writer, -SmoothClip.Bound, "features.least"), most = Scalar(writer, SmoothClip.Bound, "features.most");
        OnnxValue bounded = Float(writer, "Clip", "features.bounded", z, least, most);
        OnnxValue t = Float(writer, "Mul", "features.third", bounded, Scalar(writer, SmoothClip.Third, "features.one_third"));
        OnnxValue square = Float(writer, "Mul", "features.square", t, t);
        OnnxValue sum = Float(writer, "Add", "features.square_and_one", square, Scalar(writer, 1, "features.one"));
        return Float(writer, "Div", "features.clipped", bounded, Float(writer, "Sqrt", "features.root", sum));
    }

    private static OnnxValue Append(OnnxNetworkWriter writer, OnnxValue features, OnnxValue[] behind)
    {
        var (node, value) = writer.Graph.AddOperator(
            "Concat",
            "features.prepared",
            OnnxElementType.Float,
            [writer.Cast(features, OnnxElementType.Float), .. behind]);
        node.With("axis", 1L);
        return value;
    }

    private static OnnxValue Float(OnnxNetworkWriter writer, string operation, string name, params ReadOnlySpan<OnnxValue> inputs)
        => writer.Graph.AddOperator(operation, name, OnnxElementType.Float, inputs).Value;

    private static OnnxValue Scalar(OnnxNetworkWriter writer, float value, string name)
        => writer.Graph.AddInitializer(
            OnnxTensors.Wrap(writer.Graph.ReserveValueName(name), OnnxElementType.Float, new[] { value }));
}
