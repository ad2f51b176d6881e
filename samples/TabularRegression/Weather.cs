using Microsoft.ML.Data;

namespace TabularRegression;

/// <summary>A line of seattle-weather.csv: millimetres, degrees Celsius, metres a second.</summary>
internal sealed class Day
{
    [LoadColumn(0)]
    public DateTime Date { get; set; }

    [LoadColumn(1)]
    public float Precipitation { get; set; }

    [LoadColumn(2)]
    public float TempMax { get; set; }

    [LoadColumn(3)]
    public float TempMin { get; set; }

    [LoadColumn(4)]
    public float Wind { get; set; }

    [LoadColumn(5)]
    public string Weather { get; set; } = "";
}

/// <summary>A day, its place in the year as a point on a circle, and what is asked: the maximum of the day after.</summary>
internal sealed class Question
{
    public Question(Day day, float tomorrow)
    {
        double angle = 2 * Math.PI * day.Date.DayOfYear / 365.25;
        Numbers = [day.Precipitation, day.TempMax, day.TempMin, day.Wind, (float)Math.Sin(angle), (float)Math.Cos(angle)];
        (Weather, Year, Label) = (day.Weather, day.Date.Year, tomorrow);
    }

    [VectorType(6)]
    public float[] Numbers { get; }

    public string Weather { get; }

    public int Year { get; }

    public float Label { get; }
}
