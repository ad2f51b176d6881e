using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>The checkpoints of a fit: its folder, when one is due, and what the log says of it.</summary>
internal sealed class FitCheckpoints : ICheckpoints, IDisposable
{
    private const string IdentityText = "identity";
    private const string EngineTextName = "engine";

    private readonly CheckpointOptions _options;
    private readonly CheckpointFolder _folder;
    private readonly RunIdentity _identity;
    private readonly CheckpointContents _parts;
    private readonly string _engine;
    private readonly FitLog _log;
    private long _savedAt;
    private int _epochs;
    private long _clock = Stopwatch.GetTimestamp();

    /// <summary>Opens the folder of the fit, and locks it until <see cref="Dispose"/>.</summary>
    /// <param name="env">The context.</param>
    /// <param name="fit">The fit, before its first step.</param>
    /// <param name="schema">Columns of the training rows.</param>
    /// <param name="log">Told what is going on.</param>
    /// <exception cref="InvalidOperationException">A layer's weights are more than a checkpoint holds.</exception>
    /// <exception cref="IOException">Another run holds the folder, or it cannot be made.</exception>
    /// <exception cref="InvalidDataException">The folder is another run's, as its manifest says.</exception>
    public FitCheckpoints(IHostEnvironment env, FitInputs fit, DataViewSchema schema, FitLog log)
    {
        foreach (StoredMatrix matrix in fit.Network.Saved)
        {
            RequireRoom(matrix.Name, matrix.Values.LongLength);
        }

        _options = fit.Options.Checkpoint!;
        _log = log;
        _identity = FitIdentity.Of(fit);
        _parts = ModelParts.Of(env, fit, schema);
        _engine = EngineText.Of(fit.Device);
        string path = Path.Combine(_options.Folder, _identity.Digest);
        if (_options.Resume && !Directory.Exists(path))
        {
            OtherRuns.Tell(_options.Folder, _identity, log);
        }

        _folder = new CheckpointFolder(path, _options.Keep);
        try
        {
            OtherRuns.Claim(_folder.Path, _identity);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }
    }

    /// <summary>Refuses, before the first step, weights that do not fit into one array of bytes, as a checkpoint holds them.</summary>
    /// <param name="name">Name of the weights.</param>
    /// <param name="values">How many there are.</param>
    /// <exception cref="InvalidOperationException">There are too many.</exception>
    internal static void RequireRoom(string name, long values)
    {
        long most = Array.MaxLength / sizeof(float);
        if (values > most)
        {
            throw new InvalidOperationException($"Checkpoint is set, but '{name}' has {values} weights; a checkpoint holds at most {most} "
                + $"of a layer. Use narrower layers, or leave Checkpoint out.");
        }
    }

    /// <inheritdoc/>
    public RunCheckpoint? Resume()
    {
        if (!_options.Resume)
        {
            if (_folder.SetAside() is { } aside)
            {
                _log.Info($"Resume is false: training begins anew; the checkpoints that were there are in '{aside}'.");
            }

            return null;
        }

        if (CheckpointFolder.TryReadLatest(_folder.Path, Read, _log.Advise) is not var (file, (run, engine)))
        {
            return null;
        }

        _savedAt = run.Attempts;
        _log.Info(run.IsFinished
            ? $"This training had ended after {run.Attempts} steps: its model is given at once from '{file}'. Set Checkpoint.Resume to "
                + $"false to train anew."
            : $"Training goes on after step {run.Attempts}, from '{file}'.");
        if (engine != _engine && !run.IsFinished)
        {
            _log.Advise($"The checkpoint '{file}' was written with {engine}; training goes on with {_engine}, and its bits are no "
                + $"longer promised to be those of a run that was never stopped.");
        }

        return run;
    }

    /// <inheritdoc/>
    public bool IsDue(long attempts, bool epochEnds)
    {
        _epochs += epochEnds ? 1 : 0;
        return _options switch
        {
            { EverySteps: { } steps } => attempts - _savedAt >= steps,
            { Every: { } time } => Stopwatch.GetElapsedTime(_clock) >= time,
            _ => epochEnds && _epochs >= (_options.EveryEpochs ?? 1),
        };
    }

    /// <summary>Writes a checkpoint. One that cannot be written is a warning: it is no reason to lose the run, and the ones before are as
    /// they were.</summary>
    /// <param name="checkpoint">What it holds.</param>
    public void Save(RunCheckpoint checkpoint)
    {
        CheckpointContents run = checkpoint.ToContents();
        var texts = new Dictionary<string, string>(run.Texts.Concat(_parts.Texts))
        {
            [IdentityText] = _identity.ToJson(),
            [EngineTextName] = _engine,
        };
        try
        {
            _folder.Save(
                new CheckpointName(checkpoint.Attempts, checkpoint.IsFinished),
                new CheckpointContents(texts, [.. run.Tensors, .. _parts.Tensors]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.Advise($"No checkpoint was written after step {checkpoint.Attempts}, and training goes on: {e.Message}");
        }

        (_savedAt, _epochs, _clock) = (checkpoint.Attempts, 0, Stopwatch.GetTimestamp());
    }

    /// <summary>Lets other runs have the folder.</summary>
    public void Dispose() => _folder.Dispose();

    private (RunCheckpoint Run, string Engine) Read(CheckpointContents contents)
    {
        string[] differences = [.. _identity.Differences(RunIdentity.Parse(contents.Texts.GetValueOrDefault(IdentityText, "")))];
        return differences.Length == 0
            ? (RunCheckpoint.FromContents(ModelParts.Without(contents)), contents.Texts.GetValueOrDefault(EngineTextName, "another engine"))
            : throw new InvalidDataException($"A checkpoint in '{_folder.Path}' is another run's: {string.Join("; ", differences)}.");
    }
}
