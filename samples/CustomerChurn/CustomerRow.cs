using Microsoft.ML.Data;

namespace CustomerChurn;

/// <summary>A customer as the model sees it: dates as numbers. Training and the service make it by the same lines.</summary>
internal sealed class CustomerRow
{
    private static readonly DateTime Today = new(2025, 1, 1);

    public CustomerRow()
    {
    }

    public CustomerRow(Customer customer)
    {
        double year = 2 * Math.PI * customer.Joined.DayOfYear / 365.25;
        Numbers =
        [
            (float)(Today - customer.Joined).TotalDays,
            (float)(Today - customer.LastOrder).TotalDays,
            (float)Math.Sin(year), // The day of the year as a point on a circle: December lies beside January.
            (float)Math.Cos(year),
            customer.Orders,
            customer.Returns,
            customer.Spend,
            customer.Complaints,
        ];
        Gappy = [customer.Age, customer.Income];
        (Plan, Region, Shop, Channel, Label) = (customer.Plan, customer.Region, customer.Shop, customer.Channel, customer.Churned);
    }

    [VectorType(8)]
    public float[] Numbers { get; set; } = [];

    /// <summary>What may be NaN.</summary>
    [VectorType(2)]
    public float[] Gappy { get; set; } = [];

    public string Plan { get; set; } = "";

    public string Region { get; set; } = "";

    public string Shop { get; set; } = "";

    public string Channel { get; set; } = "";

    public bool Label { get; set; }
}

/// <summary>What the model says.</summary>
internal sealed class Answer
{
    public float Probability { get; set; }

    public bool PredictedLabel { get; set; }
}
