using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Rows that hold NaN, infinities and numbers near the end of FP32 among good ones, and what a file makes of them beside what the
/// model does.</summary>
internal static class InvalidRows
{
    /// <summary>Rows in all.</summary>
    public const int Count = 64;

    private const int Good = 0;

    /// <summary>With a tolerance from this on, labels of rows between two classes may differ, and only those of rows of NaN are
    /// compared.</summary>
    private const double LabelsMayDiffer = 1e-3;

    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>
    /// Features, by place: with the first two every score is NaN, of networks of this library with the next two as well; what the last
    /// makes depends on the network.
    /// </summary>
    private static readonly Dictionary<int, float[]> Bad = new()
    {
        [3] = [float.NaN, 50, 0, 10],
        [17] = [float.NaN, float.NaN, float.NaN, float.NaN],
        [40] = [0, float.PositiveInfinity, 0, 0],
        [50] = [0, float.NegativeInfinity, 0, 0],
        [60] = [3e38f, 3e38f, -3e38f, 3e38f],
    };

    /// <summary>Places of rows that hold NaN.</summary>
    public static IReadOnlyList<int> OfNaN { get; } = [3, 17];

    /// <summary>Places of rows that hold NaN or an infinity.</summary>
    public static IReadOnlyList<int> NotFinite { get; } = [.. OfNaN, 40, 50];

    /// <summary>The rows.</summary>
    public static Sample[] All()
    {
        Sample[] rows = Sample.Rows(Count, seed: 4);
        foreach ((int place, float[] features) in Bad)
        {
            rows[place].Features = features;
        }

        return rows;
    }

    /// <summary>
    /// Runs a file on all rows at once, and on each bad one alone, and compares good rows with the model, within a tolerance, and rows of
    /// NaN exactly.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file, whose only input is <c>Features</c>.</param>
    /// <param name="ofNaN">The places of the rows whose scores must be NaN.</param>
    /// <param name="tolerance">The largest difference of a number, as a share of the largest one of its column or of 1.</param>
    /// <param name="columns">The columns that it computes.</param>
    public static void AssertEachIsAnsweredForItself(
        ITransformer model, byte[] file, IReadOnlyList<int> ofNaN, double tolerance, params string[] columns)
    {
        Sample[] all = All();
        IDataView expected = model.Transform(Ml.Data.LoadFromEnumerable(all));
        using var session = new InferenceSession(file);
        foreach (int[] places in (int[][])[[.. Enumerable.Range(0, Count)], .. Bad.Keys.Append(Good).Select(place => new[] { place })])
        {
            float[] features = [.. places.SelectMany(place => all[place].Features)];
            using OrtValue input = ColumnValues.Tensor(features, places.Length);
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(
                run,
                ["Features"],
                [input],
                [.. columns.Select(column => column + ".output")]);
            for (int i = 0; i < columns.Length; i++)
            {
                AssertSame(columns[i], ColumnValues.Of(expected, columns[i]), ColumnValues.Of(results[i]), places, ofNaN, tolerance);
            }
        }
    }

    /// <summary>The same through <c>ApplyOnnxModel</c>.</summary>
    /// <inheritdoc cref="AssertEachIsAnsweredForItself"/>
    public static void AssertAreAppliedEachForItself(
        ITransformer model, byte[] file, IReadOnlyList<int> ofNaN, double tolerance, params string[] columns)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(All()), expected = model.Transform(data);
        IDataView scored = Ml.MixedPrecision().Transforms.ApplyOnnxModel(file).Fit(data).Transform(data);
        foreach (string column in columns)
        {
            int[] places = [.. Enumerable.Range(0, Count)];
            AssertSame(column, ColumnValues.Of(expected, column), ColumnValues.Of(scored, column + ".output"), places, ofNaN, tolerance);
        }
    }

    private static void AssertSame(string column, Array expected, Array actual, int[] places, IReadOnlyList<int> ofNaN, double tolerance)
    {
        int width = expected.Length / Count;
        Assert.HasCount(width * places.Length, actual.Cast<object>().ToArray(), column);
        double largest = Enumerable.Range(0, Count)
            .Where(place => !Bad.ContainsKey(place))
            .SelectMany(place => ItemsOf(expected, place, width))
            .OfType<float>()
            .Append(1)
            .Max(Math.Abs);
        for (int row = 0; row < places.Length; row++)
        {
            Array want = ItemsOf(expected, places[row], width), got = ItemsOf(actual, row, width);
            string what = $"{column} of row {places[row]} in a batch of {places.Length}";
            if (ofNaN.Contains(places[row]))
            {
                foreach (object item in got)
                {
                    Assert.AreEqual(item switch { float => float.NaN, bool => false, uint => 0u, _ => "" }, item, what);
                }
            }

            if (ofNaN.Contains(places[row]) || (!Bad.ContainsKey(places[row]) && (expected is float[] || tolerance < LabelsMayDiffer)))
            {
                ColumnValues.AssertEqual(want, got, tolerance * largest, what);
            }
        }
    }

    private static object[] ItemsOf(Array values, int row, int width)
        => [.. Enumerable.Range(row * width, width).Select(place => values.GetValue(place)!)];
}
