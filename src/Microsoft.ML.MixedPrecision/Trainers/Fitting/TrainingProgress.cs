using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Tells ML.NET's progress channel how far a run is, in epochs and parts of them, and of its loss; ML.NET asks on a thread of its
/// own.</summary>
internal sealed class TrainingProgress : IRunObserver
{
    private readonly IProgressChannel _channel;
    private volatile Position _position;
    private RunPlanned? _planned;

    /// <summary>Answers a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="epochs">Epochs asked for; null where the rows are still to decide.</param>
    public TrainingProgress(IProgressChannel channel, int? epochs)
    {
        (_channel, _position) = (channel, new Position(0, epochs, null, null));
        channel.SetHeader(new ProgressHeader(["Loss", "Validation loss"], ["epochs"]), Report);
    }

    /// <inheritdoc/>
    public void OnPlanned(RunPlanned planned)
    {
        _planned = planned;
        _position = _position with { Epochs = planned.EpochsDone, Of = planned.Epochs };
    }

    /// <inheritdoc/>
    public void OnSteps(RunSteps steps)
    {
        StepMetrics last = steps.Steps[^1];

        // Steps that run again at an epoch's end do not bring it back.
        double part = last.RetryPass > 0 ? 1 : (double)last.EpochStep / _planned!.StepsPerEpoch;
        _position = _position with { Epochs = last.Epoch - 1 + part, Loss = last.Loss };
    }

    /// <inheritdoc/>
    public void OnEpoch(TrainingMetrics epoch)
    {
        _position = _position with
        {
            Epochs = epoch.IsPartial ? _position.Epochs : epoch.Epoch,
            Loss = epoch.Loss,
            ValidationLoss = epoch.ValidationLoss,
        };
        _channel.Checkpoint(epoch.Loss, epoch.ValidationLoss, epoch.Epoch);
    }

    private void Report(IProgressEntry entry)
    {
        Position position = _position;
        if (position.Of is { } of)
        {
            entry.SetProgress(0, position.Epochs, of);
        }
        else
        {
            entry.SetProgress(0, position.Epochs);
        }

        if (position.Loss is { } loss)
        {
            entry.SetMetric(0, loss);
        }

        if (position.ValidationLoss is { } validation)
        {
            entry.SetMetric(1, validation);
        }
    }

    /// <summary>How far a run is.</summary>
    /// <param name="Epochs">Epochs that are done.</param>
    /// <param name="Of">Epochs asked for; null before it is known.</param>
    /// <param name="Loss">Loss of the last epoch or step; null before the first.</param>
    /// <param name="ValidationLoss">Loss of the validation rows; null before there is one.</param>
    private sealed record Position(double Epochs, int? Of, double? Loss, double? ValidationLoss);
}
