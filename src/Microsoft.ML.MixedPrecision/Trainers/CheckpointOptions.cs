using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Where and how often training writes checkpoints, from which <c>Fit</c> goes on after its process has ended, with the same bits as if it
/// had not.
/// At most one of <see cref="EveryEpochs"/>, <see cref="EverySteps"/> and <see cref="Every"/> is set; without any there is a checkpoint
/// after each epoch.
/// </summary>
/// <remarks>
/// <para>
/// A checkpoint is one file, written beside and renamed once it is on the disk: weights, moments, loss scale, place in the data, history,
/// best weights.
/// Each fit has a folder of its own within <see cref="Folder"/>, named by a digest of options, network and rows; its <c>manifest.json</c>
/// says of which.
/// A run goes on where the same trainer is fitted on the same rows, which must therefore come in the same order, and needs a seed
/// (<see cref="NetworkTrainerOptions.Seed"/> or that of the <c>MLContext</c>). Device, threads, memory, names of columns and callbacks
/// may be
/// others;
/// on another device, driver or version of the library training goes on with a warning that bits may differ.
/// </para>
/// <para>Cancelling writes a checkpoint too. One that cannot be written is a warning, and training goes on.</para>
/// </remarks>
/// <example>
/// A run that may be stopped at any time and started again:
/// <code>
/// using Microsoft.ML;
/// using Microsoft.ML.Data;
/// using Microsoft.ML.MixedPrecision;
///
/// var mlContext = new MLContext(seed: 1);
/// IDataView data = mlContext.Data.LoadFromTextFile&lt;Digit&gt;("digits.csv", separatorChar: ',', hasHeader: true);
/// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Digit.Value))
///     .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
///     {
///         Epochs = 20,
///         Checkpoint = new CheckpointOptions { Folder = "checkpoints", Every = TimeSpan.FromMinutes(10) },
///     }));
/// ITransformer model = pipeline.Fit(data);
///
/// public sealed class Digit
/// {
///     [LoadColumn(0, 63), VectorType(64)]
///     public float[] Features { get; set; } = [];
///
///     [LoadColumn(64)]
///     public int Value { get; set; }
/// }
/// </code>
/// </example>
public sealed class CheckpointOptions
{
    /// <summary>The folder, which is made if need be; several fits may share it.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Epochs from one checkpoint to the next, at least 1.</summary>
    public int? EveryEpochs { get; set; }

    /// <summary>Attempted steps from one checkpoint to the next, at least 1; steps that were skipped count.</summary>
    public int? EverySteps { get; set; }

    /// <summary>Time from one checkpoint to the next, looked at after each step; above 0.</summary>
    public TimeSpan? Every { get; set; }

    /// <summary>Checkpoints of a fit that are kept, at least 1. With two or more, the one before is taken where the newest is
    /// damaged.</summary>
    public int Keep { get; set; } = 2;

    /// <summary>
    /// Whether to go on from the newest checkpoint of the same fit; of one that had finished the model is given at once. False begins anew,
    /// and
    /// moves the checkpoints that are there to a folder <c>earlier-1</c>, <c>earlier-2</c>, … beside the new ones.
    /// </summary>
    public bool Resume { get; set; } = true;

    /// <summary>Folder, interval and the rest as text.</summary>
    public override string ToString()
    {
        string every = EveryEpochs is { } epochs
            ? $"{epochs} epochs"
            : EverySteps is { } steps
            ? $"{steps} steps"
            : Every is { } time
            ? $"{time:c}"
            : "epoch";
        return string.Create(CultureInfo.InvariantCulture, $"'{Folder}', every {every}, keep {Keep}{(Resume ? "" : ", do not resume")}");
    }

    /// <summary>A copy that later changes of this object do not reach.</summary>
    internal CheckpointOptions Copy() => (CheckpointOptions)MemberwiseClone();
}
