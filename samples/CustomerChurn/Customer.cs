using Microsoft.ML.Data;

namespace CustomerChurn;

/// <summary>A line of customers.csv. Age and income are NaN where nobody knows them.</summary>
internal sealed record Customer
{
    [LoadColumn(1)]
    public DateTime Joined { get; set; }

    [LoadColumn(2)]
    public DateTime LastOrder { get; set; }

    [LoadColumn(3)]
    public string Plan { get; set; } = "";

    [LoadColumn(4)]
    public string Region { get; set; } = "";

    [LoadColumn(5)]
    public string Shop { get; set; } = "";

    [LoadColumn(6)]
    public string Channel { get; set; } = "";

    [LoadColumn(7)]
    public float Age { get; set; } = float.NaN;

    [LoadColumn(8)]
    public float Income { get; set; } = float.NaN;

    [LoadColumn(9)]
    public float Orders { get; set; }

    [LoadColumn(10)]
    public float Returns { get; set; }

    [LoadColumn(11)]
    public float Spend { get; set; }

    [LoadColumn(12)]
    public float Complaints { get; set; }

    [LoadColumn(13)]
    public bool Churned { get; set; }
}
