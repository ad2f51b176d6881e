namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Is told what happens in a run: before its first step, as steps end, after each epoch, and at its end. Each method does nothing unless it
/// is implemented. Given to a trainer by <see cref="NetworkTrainerOptions.Observers"/>.
/// </summary>
/// <remarks>
/// <para>
/// Events come one at a time on the thread that trains, in the order in which they happened; training waits for each call. What is slow, or
/// belongs to another thread, is better handed on. Nothing of the training, no bit of its weights or history, depends on who observes.
/// </para>
/// <para>
/// An observer that throws ends the run: <c>Fit</c> throws the same exception, and the observers that come after it do not see that event.
/// All of them are told of the end (<see cref="OnEnded"/>), once; what they throw then is dropped, since the run has ended already. What
/// had been learned travels with the exception: <see cref="MixedPrecisionExtensions.GetTraining(Exception)"/>. Where a run has ended
/// without an exception, the first that an observer throws in <see cref="OnEnded"/> is thrown by <c>Fit</c>, after all have been told.
/// </para>
/// <para>One-versus-all, cross-validation, <see cref="NetworkTrainerOptions.RefitOnAll"/> and <see cref="NetworkTrainerOptions.Bags"/> are
/// several runs, each from
/// <see cref="OnPlanned"/> to <see cref="OnEnded"/>; those that run at the same time call from several threads.</para>
/// </remarks>
public interface IRunObserver
{
    /// <summary>All is decided and allocated, and the first step comes next.</summary>
    /// <param name="planned">What will run.</param>
    void OnPlanned(RunPlanned planned)
    {
    }

    /// <summary>Some steps have ended. While steps end this comes every 250 ms at least (after each step where they take longer), and at
    /// the end of each pass over the rows, on a graphics card too, which does not wait for it.</summary>
    /// <param name="steps">The attempted steps since the last call, in order; each comes once.</param>
    void OnSteps(RunSteps steps)
    {
    }

    /// <summary>A step was skipped. Comes behind the <see cref="OnSteps"/> that has it.</summary>
    /// <param name="skipped">Which, and why.</param>
    void OnSkipped(StepSkipped skipped)
    {
    }

    /// <summary>Something deserves attention. Of rows and options this comes before <see cref="OnPlanned"/>.</summary>
    /// <param name="warning">What, and what to do.</param>
    void OnWarning(RunWarning warning)
    {
    }

    /// <summary>An epoch has ended, with its validation.</summary>
    /// <param name="epoch">How it went; its <see cref="TrainingMetrics.RequestStop"/> makes it the last one.</param>
    void OnEpoch(TrainingMetrics epoch)
    {
    }

    /// <summary>The run has ended, in whatever way. Nothing comes after it.</summary>
    /// <param name="ended">How, and what came of it.</param>
    void OnEnded(RunEnded ended)
    {
    }
}
