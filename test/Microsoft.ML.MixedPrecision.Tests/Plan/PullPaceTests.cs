using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tests.Run.Observers;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>When the host asks a card for records, against a card of which each step takes a given time: what has ended is known soon, and
/// the card always has work.</summary>
[TestClass]
public sealed class PullPaceTests
{
    /// <summary>Milliseconds of a step on the card and of a launch, and the longest time from the end of a step to the arrival of its
    /// record: half of the 100 ms that the host is ahead, and a step that the copy lies behind.</summary>
    [TestMethod]
    [DataRow(0.02, 0.005)]
    [DataRow(1, 0.01)]
    [DataRow(20, 0.01)]
    [DataRow(80, 0.01)]
    [DataRow(500, 0.01)]
    [DataRow(0.005, 0.02)] // the host is slower than the card
    public void Follow_ACard_KnowsSoonWhatItHasDone(double step, double launch)
    {
        var card = new Card(step, launch);
        for (int i = 0; i < 20_000 && card.Now < 30_000; i++)
        {
            card.Launch();
        }

        Assert.IsGreaterThan(20, card.Arrivals);
        Assert.IsLessThanOrEqualTo(PullPace.MostAhead, card.LargestAhead);

        // Until the pace is known the host is two steps ahead; afterwards the card never has nothing to do.
        Assert.AreEqual(0, card.Idle, 2 * launch);
        Assert.IsLessThanOrEqualTo(60 + (2 * step) + (70 * launch), card.LongestDelay);
    }

    /// <summary>Few calls of the driver: of 20 µs a step, one in 64 steps looks, and one in 256 asks.</summary>
    [TestMethod]
    public void Follow_ShortSteps_AsksSeldom()
    {
        var card = new Card(0.02, 0.005);
        for (int i = 0; i < 20_000; i++)
        {
            card.Launch();
        }

        Assert.IsLessThan(20_000 / 200, card.Arrivals);
        Assert.IsLessThan(20_000 / 50, card.Looks);
    }

    /// <summary>What was waited for in another way is not waited for again, and tells nothing of the pace.</summary>
    [TestMethod]
    public void Reset_ForgetsTheCopyThatWasAskedFor()
    {
        var time = new FakeTime();
        var pace = new PullPace(time);
        Assert.IsTrue(pace.IsDue(1));
        pace.Begin(1);
        Assert.IsTrue(pace.MustWait(2));

        pace.Reset(2);

        Assert.IsFalse(pace.IsPulling || pace.MustWait(50) || pace.IsDue(2));
        Assert.IsTrue(pace.IsDue(3));
        Assert.AreEqual(PullPace.FewestAhead, pace.MostSteps);
    }

    /// <summary>A card of which each step takes a time, and a host that launches steps and follows as a step's mirror does.</summary>
    private sealed class Card(double step, double launch)
    {
        private readonly FakeTime _time = new();
        private readonly List<double> _ends = [0];
        private PullPace? _pace;
        private double _arrives;
        private long _asked;
        private long _known;

        public double Now { get; private set; }

        public double Idle { get; private set; }

        public double LongestDelay { get; private set; }

        public long LargestAhead { get; private set; }

        public int Arrivals { get; private set; }

        public int Looks { get; private set; }

        public void Launch()
        {
            _pace ??= new PullPace(_time);
            Move(launch);
            long attempts = _ends.Count;
            if (_pace.MostSteps > PullPace.FewestAhead && launch < step)
            {
                Idle += Math.Max(0, Now - _ends[^1]);
            }

            _ends.Add(Math.Max(Now, _ends[^1]) + step);
            LargestAhead = Math.Max(LargestAhead, attempts - _known);
            bool mustWait = _pace.MustWait(attempts);
            if (mustWait)
            {
                Move(Math.Max(0, _arrives - Now));
            }

            bool looks = !mustWait && _pace.IsToLook(attempts);
            Looks += looks ? 1 : 0;
            if (mustWait || (looks && _arrives <= Now))
            {
                Arrivals++;
                LongestDelay = Math.Max(LongestDelay, Now - _ends[(int)_known + 1]);
                _known = _asked;
                _pace.Arrive();
            }

            if (_pace.IsDue(attempts))
            {
                _pace.Begin(attempts);
                (_asked, _arrives) = (attempts, _ends[^1]);
            }
        }

        private void Move(double milliseconds)
        {
            Now += milliseconds;
            _time.Advance(milliseconds);
        }
    }
}
