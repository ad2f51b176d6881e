using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>Operators of <c>ai.onnx.ml</c>, and one of ONNX Runtime's own for the same work.</summary>
/// <remarks>Source: https://github.com/onnx/onnx/blob/main/docs/Operators-ml.md.</remarks>
internal static class MachineLearningRules
{
    /// <summary>Words that a text is taken to have, where sizes are counted.</summary>
    private const long WordsOfText = 256;

    /// <summary>Characters of a text that others are filled up with: not more than a text is counted for.</summary>
    private const int LongestFilling = 64;

    /// <summary>The shape of the input, in FP32.</summary>
    public static ValueSize[] Floats(OperatorCall call) => [call.Input(0).Of(OnnxElementType.Float)];

    /// <summary>The elements of the last axis at given places.</summary>
    public static ValueSize[] ArrayFeatureExtractor(OperatorCall call)
    {
        var x = call.Input(0);
        long count = call.Input(1).Elements;
        return [x.Rank switch
        {
            0 => throw call.Refuse("it takes elements of a single number"),
            1 => x.In(1, count),
            _ => x.In([.. x.Shape[..^1], count]),
        }];
    }

    /// <summary>Each element replaced by the value that belongs to it.</summary>
    public static ValueSize[] LabelEncoder(OperatorCall call)
    {
        var x = call.Input(0);
        if (call.Has("classes_strings"))
        {
            return [x.Of(x.Type == OnnxElementType.String ? OnnxElementType.Int64 : OnnxElementType.String)];
        }

        long keys = Math.Max(
            call.StringCount("keys_strings"),
            Math.Max(call.Ints("keys_int64s")?.Length ?? 0, call.FloatCount("keys_floats")));
        var (type, values) = ValuesOf(call);
        if (call.Tensor("keys_tensor") is { } tensor)
        {
            keys = TensorCheck.SizeOf(tensor).Elements;
        }

        return keys == values ? [x.Of(type)] : throw call.Refuse($"it has {keys} keys and {values} values");
    }

    /// <summary>A hash of each element, of ONNX Runtime's own domain: the operator of Hash and OneHotHashEncoding.</summary>
    public static ValueSize[] MurmurHash(OperatorCall call)
        => [call.Input(0).Of(call.Int("positive", 1) == 0 ? OnnxElementType.Int32 : OnnxElementType.UInt32)];

    /// <summary>
    /// The words of each text, filled up to those of the longest: a new last axis. How many there are depends on the rows, which are the
    /// caller's, not the file's;
    /// <see cref="WordsOfText"/> are counted.
    /// </summary>
    public static ValueSize[] Tokenizer(OperatorCall call)
    {
        var x = call.Input(0);
        bool isPlain = call.Text("tokenexp", "").Length > 0
            && !call.Has("separators")
            && call.Text("pad_value", "").Length <= LongestFilling;
        return x.Type == OnnxElementType.String && x.Rank is 1 or 2 && isPlain
            ? [x.In([.. x.Shape, WordsOfText])]
            : throw call.Refuse("words of rows of texts are accepted that a 'tokenexp' describes, with a short 'pad_value'");
    }

    /// <summary>
    /// How often each n-gram of a list is in each row: as many columns as there are places for them. ONNX Runtime does not check that each
    /// n-gram has a place.
    /// </summary>
    public static ValueSize[] TfIdfVectorizer(OperatorCall call)
    {
        var x = call.Input(0);
        long[] places = call.Ints("ngram_indexes") ?? [], starts = call.Ints("ngram_counts") ?? [];
        long end = Math.Max(call.StringCount("pool_strings"), call.Ints("pool_int64s")?.Length ?? 0);
        if (x.Rank is not (1 or 2) || places.Length == 0 || places.Min() < 0 || NgramsOf(starts, end) != places.Length)
        {
            throw call.Refuse($"it has {places.Length} places for the n-grams of {end} words that begin at "
                + $"({string.Join(", ", starts.Take(8))}), in {x}");
        }

        if (call.FloatCount("weights") is var weights && weights != 0 && weights != places.Length)
        {
            throw call.Refuse($"it has {weights} weights for {places.Length} n-grams");
        }

        long width = places.Max() + 1;
        return [new(OnnxElementType.Float, x.Rank == 1 ? [width] : [x.Shape[0], width])];
    }

    /// <summary>Whole numbers for texts, or the reverse.</summary>
    public static ValueSize[] CategoryMapper(OperatorCall call)
        => call.StringCount("cats_strings") == (call.Ints("cats_int64s")?.Length ?? 0)
            ? [call.Input(0).Of(call.TypeOf(0) == OnnxElementType.String ? OnnxElementType.Int64 : OnnxElementType.String)]
            : throw call.Refuse("it has more names than numbers, or fewer");

    /// <summary>A new last axis with one place for each category.</summary>
    public static ValueSize[] OneHotEncoder(OperatorCall call)
    {
        long categories = Math.Max(call.StringCount("cats_strings"), call.Ints("cats_int64s")?.Length ?? 0);
        return [new(OnnxElementType.Float, [.. call.Input(0).Shape, categories])];
    }

    /// <summary>All inputs one behind the other, in FP32; of more than two dimensions, all behind the first are one row.</summary>
    public static ValueSize[] FeatureVectorizer(OperatorCall call)
    {
        long[] widths = call.Ints("inputdimensions") ?? [];
        ValueSize[] inputs = [.. call.Present];
        if (inputs.Length == 0 || !widths.SequenceEqual(inputs.Select(input => input.Rank switch
        {
            0 => -1,
            1 => input.Shape[0],
            _ => ValueSize.Product(input.Shape.AsSpan(1)),
        })))
        {
            throw call.Refuse($"its inputdimensions ({string.Join(", ", widths)}) are not those of its inputs");
        }

        long[] rows = [.. inputs.Select(input => input.Rank == 1 ? 1 : input.Shape[0]).Distinct()];
        return rows is [var only]
            ? [new(OnnxElementType.Float, [only, widths.Sum()])]
            : throw call.Refuse($"its inputs have different numbers of rows ({string.Join(", ", rows)})");
    }

    /// <summary>X·Wᵀ + b, a row of W for each target.</summary>
    public static ValueSize[] LinearRegressor(OperatorCall call)
    {
        var (rows, features) = Rows(call);
        long targets = call.Int("targets", 1);
        CheckCoefficients(call, targets, features, optionalIntercepts: true);
        return [new(OnnxElementType.Float, [rows, targets])];
    }

    /// <summary>The label of each row, and its scores.</summary>
    public static ValueSize[] LinearClassifier(OperatorCall call)
    {
        var (rows, features) = Rows(call);
        long scores = call.FloatCount("intercepts"), labels = Labels(call, out var type);
        CheckCoefficients(call, scores, features, optionalIntercepts: false);
        if (labels != scores && !(scores == 1 && labels == 2))
        {
            throw call.Refuse($"it has {labels} labels for {scores} scores");
        }

        return [new(type, [rows]), new(OnnxElementType.Float, [rows, labels])];
    }

    /// <summary>The sum over trees.</summary>
    public static ValueSize[] TreeEnsembleRegressor(OperatorCall call)
    {
        var (rows, features) = Rows(call);
        long targets = call.Int("n_targets", 1);
        TreeCheck.Check(call, "target", targets, features);
        return [
            new(
                call.TypeOf(0) == OnnxElementType.Double && call.Opset >= 3 && call.Has("target_weights_as_tensor")
                    ? OnnxElementType.Double
                    : OnnxElementType.Float,
                [rows, targets])];
    }

    /// <summary>The label of each row, and its scores.</summary>
    public static ValueSize[] TreeEnsembleClassifier(OperatorCall call)
    {
        var (rows, features) = Rows(call);
        long labels = Labels(call, out var type);
        TreeCheck.Check(call, "class", labels, features);
        return [new(type, [rows]), new(OnnxElementType.Float, [rows, labels])];
    }

    private static (long Rows, long Features) Rows(OperatorCall call) => call.Input(0) switch
    {
        { Rank: 1 } x => (1, x.Shape[0]),
        { Rank: 2 } x => (x.Shape[0], x.Shape[1]),
        var x => throw call.Refuse($"its input {x} is not rows of features"),
    };

    private static long Labels(OperatorCall call, out OnnxElementType type)
    {
        int texts = call.StringCount("classlabels_strings");
        long[] numbers = call.Ints("classlabels_int64s") ?? call.Ints("classlabels_ints") ?? [];
        type = texts > 0 ? OnnxElementType.String : OnnxElementType.Int64;
        return (texts, numbers.Length) switch
        {
            (0, > 0) => numbers.Length,
            ( > 0, 0) => texts,
            _ => throw call.Refuse("it must have labels that are either texts or numbers"),
        };
    }

    private static void CheckCoefficients(OperatorCall call, long targets, long features, bool optionalIntercepts)
    {
        int coefficients = call.FloatCount("coefficients"), intercepts = call.FloatCount("intercepts");
        if (targets < 1
            || coefficients != ValueSize.Multiply(targets, features)
            || (intercepts != targets && !(optionalIntercepts && intercepts == 0)))
        {
            throw call.Refuse($"it has {coefficients} coefficients and {intercepts} intercepts for {targets} targets of {features} "
                + $"features");
        }
    }

    private static (OnnxElementType Type, long Count) ValuesOf(OperatorCall call)
    {
        if (call.Tensor("values_tensor") is { } tensor)
        {
            return ((OnnxElementType)tensor.DataType, TensorCheck.SizeOf(tensor).Elements);
        }

        if (call.Has("values_strings"))
        {
            return (OnnxElementType.String, call.StringCount("values_strings"));
        }

        return call.Ints("values_int64s") is { } numbers
            ? (OnnxElementType.Int64, numbers.Length)
            : (OnnxElementType.Float, call.FloatCount("values_floats"));
    }

    /// <summary>N-grams of a pool, the shorter ones first; −1 if they do not fill it.</summary>
    private static long NgramsOf(long[] starts, long end)
    {
        long count = 0, from = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            long to = i + 1 < starts.Length ? starts[i + 1] : end;
            if (starts[i] != from || to < from || to > end || (to - from) % (i + 1) != 0)
            {
                return -1;
            }

            count += (to - from) / (i + 1);
            from = to;
        }

        return count;
    }
}
