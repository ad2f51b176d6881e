using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Operators that work element by element.</summary>
internal static class ElementwiseRules
{
    /// <summary>Copies that function operators make when ONNX Runtime spells them out in simpler ones.</summary>
    private const int FunctionCopies = 8;

    /// <summary>Element types that can be computed with.</summary>
    private static readonly HashSet<long> Castable = [
        .. Enum.GetValues<OnnxElementType>().Where(type => type != OnnxElementType.Undefined).Select(type => (long)type)];

    /// <summary>Shape and type of the first input.</summary>
    public static ValueSize[] Same(OperatorCall call) => [call.Input(0) with { Known = null }];

    /// <summary>The first input itself.</summary>
    public static ValueSize[] Identity(OperatorCall call) => [call.Input(0)];

    /// <summary>Shape and type of the first input, with room for what it is spelled out in.</summary>
    public static ValueSize[] SameByFunction(OperatorCall call)
    {
        call.Workspace = ValueSize.Multiply(FunctionCopies, call.Input(0).Bytes);
        return Same(call);
    }

    /// <summary>The shape of the first input, true or false.</summary>
    public static ValueSize[] Test(OperatorCall call) => [call.Input(0).Of(OnnxElementType.Bool)];

    /// <summary>All inputs, broadcast against each other; the type of the first.</summary>
    public static ValueSize[] Broadcast(OperatorCall call) => [new(call.TypeOf(0), Broadcasting.Shape(call, call.Present))];

    /// <summary>All inputs, broadcast against each other; true or false.</summary>
    public static ValueSize[] Compare(OperatorCall call) => [new(OnnxElementType.Bool, Broadcasting.Shape(call, call.Present))];

    /// <summary>All inputs, broadcast against each other; the type of the second.</summary>
    public static ValueSize[] Where(OperatorCall call) => [new(call.TypeOf(1), Broadcasting.Shape(call, call.Present))];

    /// <summary>Arithmetic of two inputs, which is done at once if both are known, as in computations of shapes.</summary>
    public static SizeRule Arithmetic(Func<long, long, long> compute) => call =>
    {
        var result = Broadcast(call)[0];
        return call.InputCount == 2 && call.Input(0).Known is { } a && call.Input(1).Known is { } b
            && result.Elements == Math.Max(a.Length, b.Length)
            ? [result with { Known = Compute(call, a, b, compute) }]
            : [result];
    };

    /// <summary>The first input in another type.</summary>
    public static ValueSize[] Cast(OperatorCall call)
    {
        long to = call.Int("to", 0);
        if (!Castable.Contains(to))
        {
            throw call.Refuse($"it casts to the element type {to}, which is not accepted");
        }

        var type = (OnnxElementType)to;
        var x = call.Input(0);
        return [x.Of(type) with { Known = type is OnnxElementType.Int64 or OnnxElementType.Int32 ? x.Known : null }];
    }

    /// <summary>The first input in the type of the second.</summary>
    public static ValueSize[] CastLike(OperatorCall call) => [call.Input(0).Of(call.TypeOf(1))];

    /// <summary>The first input, and which of its elements were kept: all.</summary>
    public static ValueSize[] Dropout(OperatorCall call) => [call.Input(0) with { Known = null }, call.Input(0).Of(OnnxElementType.Bool)];

    /// <summary>Normalization by given mean and variance; training's further outputs are refused.</summary>
    public static ValueSize[] BatchNormalization(OperatorCall call)
        => call.Int("training_mode", 0) == 0 ? Same(call) : throw call.Refuse("it is in training mode");

    /// <summary>y, and mean and deviation of what is behind the axis.</summary>
    public static ValueSize[] LayerNormalization(OperatorCall call)
    {
        var x = call.Input(0);
        int axis = call.Axis(call.Int("axis", -1), x.Rank);
        var statistics = new ValueSize(OnnxElementType.Float, [.. x.Shape.Select((size, index) => index < axis ? size : 1)]);
        call.Workspace = ValueSize.Multiply(FunctionCopies, x.Bytes);
        return [x with { Known = null }, statistics, statistics];
    }

    /// <summary>Texts, each changed; leaving some out would change the shape and is refused.</summary>
    public static ValueSize[] StringNormalizer(OperatorCall call)
        => call.StringCount("stopwords") == 0
            ? Same(call)
            : throw call.Refuse("it leaves out 'stopwords', so that its shape depends on the rows");

    /// <summary>Numbers of 8 bits, of the type of the zero point.</summary>
    public static ValueSize[] Quantize(OperatorCall call)
        => [call.Input(0).Of(call.Optional(2)?.Type
            ?? (call.Int("output_dtype", 0) is var type and not 0 ? (OnnxElementType)type : OnnxElementType.UInt8))];

    /// <summary>Numbers of the scale's type.</summary>
    public static ValueSize[] Dequantize(OperatorCall call) => [call.Input(0).Of(call.TypeOf(1))];

    private static long[]? Compute(OperatorCall call, long[] a, long[] b, Func<long, long, long> compute)
    {
        var result = new long[Math.Max(a.Length, b.Length)];
        try
        {
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = compute(a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i]);
            }
        }
        catch (ArithmeticException)
        {
            throw call.Refuse("it computes a shape that is beyond 64 bits, or divides by 0");
        }

        return result;
    }
}
