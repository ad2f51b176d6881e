using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The course of a fit once its rows are known: what was set, and what rows decide where nothing was.</summary>
/// <param name="Epochs">Epochs at most.</param>
/// <param name="BatchSize">Rows of a batch.</param>
/// <param name="Patience">Epochs without a better one after which training stops; 0 for never.</param>
internal sealed record SettledCourse(int Epochs, int BatchSize, int Patience)
{
    /// <summary>Settles it.</summary>
    /// <param name="options">What was set.</param>
    /// <param name="trainRows">Rows that train.</param>
    /// <param name="validates">Whether others validate.</param>
    public static SettledCourse Of(NetworkTrainerOptions options, long trainRows, bool validates)
    {
        UsualOptions usual = options.Usual;
        int patience = options.EarlyStoppingPatience ?? (validates ? usual.Patience : 0);
        return new(
            options.Epochs ?? (validates && patience > 0 ? usual.StoppedEpochs : usual.Epochs),
            options.BatchSize ?? usual.BatchFor(trainRows),
            patience);
    }

    /// <summary>What was settled of an option, as text; null for options that rows do not decide.</summary>
    /// <param name="option">Its name.</param>
    public string? Of(string option) => option switch
    {
        nameof(NetworkTrainerOptions.Epochs) => Epochs.ToString(CultureInfo.InvariantCulture),
        nameof(NetworkTrainerOptions.BatchSize) => BatchSize.ToString(CultureInfo.InvariantCulture),
        nameof(NetworkTrainerOptions.EarlyStoppingPatience) => Patience.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>What the log says of what nobody had set; null where all was.</summary>
    /// <param name="options">What was set.</param>
    /// <param name="trainRows">Rows that train.</param>
    public string? Remark(NetworkTrainerOptions options, long trainRows)
    {
        string[] settled = [
            .. options.Epochs is null ? [Patience > 0 ? $"at most {Epochs} epochs" : $"{Epochs} epochs"] : (string[])[],
            .. options.BatchSize is null ? [$"batches of {BatchSize} rows"] : (string[])[]];
        return settled.Length == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{trainRows} rows train: {string.Join(" of ", settled)}, by default.");
    }

    /// <summary>A sentence or two where checkpoints are asked for after more epochs than there are; else null.</summary>
    /// <param name="checkpoint">The checkpoints.</param>
    public string? IdleCheckpoint(CheckpointOptions? checkpoint)
        => checkpoint?.EveryEpochs > Epochs
            ? string.Create(CultureInfo.InvariantCulture, $"Checkpoint.EveryEpochs is {checkpoint.EveryEpochs}, but there are {Epochs} "
                + $"epochs, so that it changes nothing. Set it to a smaller number, or set Checkpoint.EverySteps or Checkpoint.Every.")
            : null;
}
