using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>The real tables of the samples; <c>samples/data/README.md</c> says where they are from.</summary>
internal static class RealTables
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ExampleTable> All { get; } =
    [
        new(
            "digits",
            Question.Multiclass,
            [],
            (_, _) => [
                .. Lines("digits.csv").Select(cells => new Example { Numbers = [.. cells[..64].Select(Number)], Class = cells[64] })]),
        new("penguins", Question.Binary, [nameof(Example.A), nameof(Example.B)], (_, _) => [.. Lines("penguins.csv").Where(
            cells => cells[6] is "MALE" or "FEMALE")
            .Select(
                cells => new Example { A = cells[0], B = cells[1], Numbers = [.. cells[2..6].Select(Number)], Yes = cells[6] == "MALE" })]),
        new("weather", Question.Regression, [nameof(Example.A)], (_, _) => [.. Days()]),
    ];

    /// <summary>Tomorrow's highest temperature from today's weather and the time of the year.</summary>
    private static IEnumerable<Example> Days()
    {
        string[][] days = [.. Lines("seattle-weather.csv")];
        for (int i = 0; i + 1 < days.Length; i++)
        {
            double turn = 2 * Math.PI * DateTime.Parse(days[i][0], CultureInfo.InvariantCulture).DayOfYear / 365.25;
            yield return new Example
            {
                A = days[i][5],
                Numbers = [.. days[i][1..5].Select(Number), (float)Math.Cos(turn), (float)Math.Sin(turn)],
                Amount = Number(days[i + 1][2]),
            };
        }
    }

    private static IEnumerable<string[]> Lines(string file)
        => File.ReadLines(Path.Combine(AppContext.BaseDirectory, file)).Skip(1).Select(line => line.Split(','));

    private static float Number(string cell) => float.TryParse(cell, CultureInfo.InvariantCulture, out float value) ? value : float.NaN;
}
