using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Scores as bits, so that equal means equal.</summary>
internal static class Scores
{
    /// <summary>The bits of the scores of all rows, in order.</summary>
    public static uint[] BitsOf(IDataView scored) => [.. scored.GetColumn<float[]>("Score").SelectMany(BitsOf)];

    /// <summary>The bits of the scores of a row.</summary>
    public static uint[] BitsOf(float[] scores) => Array.ConvertAll(scores, BitConverter.SingleToUInt32Bits);
}

/// <summary>What a prediction engine gives.</summary>
internal sealed class Prediction
{
    public uint PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    public string PredictedKind { get; set; } = "";
}
