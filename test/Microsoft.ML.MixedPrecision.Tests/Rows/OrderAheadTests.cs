using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

[TestClass]
public sealed class OrderAheadTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Take_EveryEpoch_ShufflesEachOnceAndNoneTooMany(int epochs)
    {
        var shuffled = new ConcurrentQueue<int>();
        using (var orders = new OrderAhead(3, epochs, Fill))
        {
            for (int epoch = 1; epoch <= epochs; epoch++)
            {
                CollectionAssert.AreEqual(new[] { epoch, epoch, epoch }, orders.Take());
            }
        }

        CollectionAssert.AreEqual(Enumerable.Range(1, epochs).ToArray(), shuffled.ToArray());

        void Fill(int epoch, int[] order)
        {
            shuffled.Enqueue(epoch);
            Array.Fill(order, epoch);
        }
    }

    /// <summary>The order that trains is not the memory that the next one is shuffled in.</summary>
    [TestMethod]
    public void Take_WhileTheNextOrderIsShuffled_LeavesTheTakenOneAlone()
    {
        using var orders = new OrderAhead(1000, 3, new RowOrder(1000, [], seed: 3).Fill);
        int[] expected = new int[1000];
        for (int epoch = 1; epoch <= 3; epoch++)
        {
            int[] taken = orders.Take();
            orders.Dispose();

            new RowOrder(1000, [], seed: 3).Fill(epoch, expected);
            CollectionAssert.AreEqual(expected, taken, $"epoch {epoch}");
        }
    }

    /// <summary>A run that ends early leaves no thread at work.</summary>
    [TestMethod]
    public void Dispose_WhileAnOrderIsShuffled_WaitsForIt()
    {
        using var mayEnd = new ManualResetEventSlim();
        bool ended = false;
        var orders = new OrderAhead(1, 2, Fill);
        orders.Take();
        var waiting = new Thread(orders.Dispose);
        waiting.Start();

        Assert.IsFalse(waiting.Join(50));
        mayEnd.Set();
        Assert.IsTrue(waiting.Join(TimeSpan.FromSeconds(10)));
        Assert.IsTrue(ended);

        void Fill(int epoch, int[] order)
        {
            if (epoch == 2)
            {
                mayEnd.Wait();
                ended = true;
            }
        }
    }
}
