using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What a run on all rows (<see cref="NetworkTrainerOptions.RefitOnAll"/>) takes over from the one that chose its
/// epochs.</summary>
/// <param name="Course">The course of that run: the schedule is laid out over its epochs, and a batch has its rows.</param>
/// <param name="Epochs">The epochs that were chosen.</param>
/// <param name="Before">That run.</param>
internal sealed record RefitOf(SettledCourse Course, int Epochs, TrainingResult Before)
{
    /// <summary>What the log says before it begins.</summary>
    public string Remark => string.Create(CultureInfo.InvariantCulture,
        $"Run 1 of 2 chose {Epochs} {(Epochs == 1 ? "epoch" : "epochs")} ({Before.KeptEpoch!.LossText}); run 2 trains as many on all "
            + $"rows.");

    /// <summary>What a run that has ended gives to one on all rows; null where somebody stopped it, or it chose no epoch.</summary>
    /// <param name="course">Its course.</param>
    /// <param name="result">What came of it.</param>
    public static RefitOf? After(SettledCourse course, TrainingResult result)
        => result.ValidationRows > 0
            && result.KeptEpoch is { IsPartial: false } kept
            && result.History[^1] is { IsPartial: false, StopRequested: false }
            && (result.BestWeightsRestored || course.Patience == 0)
                ? new RefitOf(course, kept.Epoch, result)
                : null;

    /// <summary>Whether a run on all rows was not stopped.</summary>
    /// <param name="result">What came of it.</param>
    public bool IsDone(TrainingResult result) => result.History is [.., { IsPartial: false } last] && last.Epoch == Epochs;
}
