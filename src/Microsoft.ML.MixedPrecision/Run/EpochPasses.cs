using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>A step that was attempted and skipped.</summary>
/// <param name="Number">Its place in the epoch's order, from 0.</param>
/// <param name="Place">What was not finite, as in <see cref="StepMetrics.NonFinite"/>.</param>
internal readonly record struct SkippedStep(int Number, string Place);

/// <summary>
/// The passes of an epoch over its order: first all steps, then, up to a number of times, those that were skipped, each with the rows that
/// it had.
/// The host learns which from the records that it takes anyway once a pass has ended.
/// </summary>
/// <remarks>
/// A pass ends the epoch early where another one could change nothing: none of its steps was committed and the loss scale was at its floor
/// from the
/// beginning. Steps whose outputs or loss were not finite run again once only, since the scale multiplies nothing but gradients.
/// </remarks>
/// <param name="order">Rows of the epoch in order; kept, not copied.</param>
/// <param name="steps">How they are cut into steps.</param>
/// <param name="mostRetries">Passes after the first.</param>
/// <param name="attempts">Attempts before the epoch.</param>
internal sealed class EpochPasses(int[] order, RowParts steps, int mostRetries, long attempts)
{
    private readonly int[] _order = order;
    private readonly List<SkippedStep> _skipped = [];
    private readonly List<SkippedStep> _givenUp = [];
    private long _before = attempts;
    private int[]? _numbers;
    private float _firstScale;
    private bool _hasCommitted;

    /// <summary>Number of the pass: 0 for the first, over all rows.</summary>
    public int Retry { get; private set; }

    /// <summary>Rows of the pass, in order.</summary>
    public int[] Order { get; private set; } = order;

    /// <summary>Rows of the epoch.</summary>
    public int Rows => _order.Length;

    /// <summary>Steps of the pass.</summary>
    public int Count => _numbers?.Length ?? steps.Count;

    /// <summary>Steps that were skipped in the first pass.</summary>
    public IReadOnlyList<SkippedStep> FirstSkipped { get; private set; } = [];

    /// <summary>Steps that no attempt has committed.</summary>
    public IEnumerable<SkippedStep> Lost => _givenUp.Concat(_skipped).OrderBy(step => step.Number);

    /// <summary>Smallest loss scale under which a step of the epoch was committed; infinity while none was.</summary>
    public float SmallestCommittedScale { get; private set; } = float.PositiveInfinity;

    /// <summary>Loss scale of the last attempt.</summary>
    public float LastScale { get; private set; }

    /// <summary>Rows of a step of the pass.</summary>
    /// <param name="index">Its number in the pass, from 0.</param>
    public int RowsOf(int index) => steps.RowsOf(NumberOf(index));

    /// <summary>Place in the epoch, from 0, of the step that an attempt of this pass was.</summary>
    /// <param name="attempt">Number of the attempt in the run, from 1.</param>
    public int StepOf(long attempt) => NumberOf((int)(attempt - _before - 1));

    /// <summary>The rows of a step of the epoch.</summary>
    /// <param name="step">The step.</param>
    public ReadOnlySpan<int> RowsOf(SkippedStep step) => _order.AsSpan(steps.StartOf(step.Number), steps.RowsOf(step.Number));

    /// <summary>Rows of the epoch that the first attempts in it have reached.</summary>
    /// <param name="attempts">Attempts of the epoch, at whatever steps.</param>
    public int RowsOfFirst(int attempts) => attempts < steps.Count ? steps.StartOf(attempts) : Rows;

    /// <summary>Rows of the pass before a step.</summary>
    /// <param name="index">Its number in the pass, from 0; the number of steps gives all rows.</param>
    public int StartOf(int index) => Enumerable.Range(0, index).Sum(RowsOf);

    /// <summary>What is known between two steps, after all records have been noted.</summary>
    public EpochPassesState Capture() => new(
        Retry,
        _numbers,
        [.. _skipped],
        [.. _givenUp],
        [.. FirstSkipped],
        _before,
        _firstScale,
        _hasCommitted,
        SmallestCommittedScale,
        LastScale);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What was known of the same epoch.</param>
    public void Resume(EpochPassesState state)
    {
        _skipped.AddRange(state.Skipped);
        _givenUp.AddRange(state.GivenUp);
        (Retry, FirstSkipped, _before) = (state.Retry, state.FirstSkipped, state.Before);
        (_firstScale, _hasCommitted, SmallestCommittedScale, LastScale) = (
            state.FirstScale,
            state.HasCommitted,
            state.SmallestCommittedScale,
            state.LastScale);
        if (state.Numbers is { } numbers)
        {
            TakeOnly(numbers);
        }
    }

    /// <summary>Takes note of an attempt of this pass.</summary>
    /// <param name="attempt">It.</param>
    public void Note(StepMetrics attempt)
    {
        if (attempt.Attempt == _before + 1)
        {
            _firstScale = attempt.LossScale;
        }

        LastScale = attempt.LossScale;
        if (attempt.NonFinite is { } place)
        {
            _skipped.Add(new SkippedStep(attempt.EpochStep - 1, place));
        }
        else
        {
            _hasCommitted = true;
            SmallestCommittedScale = Math.Min(SmallestCommittedScale, attempt.LossScale);
        }
    }

    /// <summary>Goes on to the next pass, after all records of this one have been noted.</summary>
    /// <param name="rule">Rule of the loss scale.</param>
    /// <param name="attempts">Attempts so far.</param>
    /// <returns>Whether there is one: a step was skipped, passes are left, and another one may change something.</returns>
    public bool TryBeginNext(in LossScaleRule rule, long attempts)
    {
        if (Retry == 0)
        {
            FirstSkipped = [.. _skipped];
        }

        bool isFutile = !_hasCommitted && _firstScale <= rule.MinScale;
        if (Retry == mostRetries || isFutile)
        {
            return false;
        }

        if (Retry > 0)
        {
            _givenUp.AddRange(_skipped.Where(IsOfForwardPass));
            _skipped.RemoveAll(IsOfForwardPass);
        }

        if (_skipped.Count == 0)
        {
            return false;
        }

        TakeOnly([.. _skipped.Select(step => step.Number)]);
        _skipped.Clear();
        (_before, _hasCommitted) = (attempts, false);
        Retry++;
        return true;
    }

    private void TakeOnly(int[] numbers)
    {
        _numbers = numbers;
        Order = [.. numbers.SelectMany(number => _order.Skip(steps.StartOf(number)).Take(steps.RowsOf(number)))];
    }

    private int NumberOf(int index) => _numbers?[index] ?? index;

    private static bool IsOfForwardPass(SkippedStep step) => step.Place is NonFinite.LogitsName or NonFinite.LossName;
}
