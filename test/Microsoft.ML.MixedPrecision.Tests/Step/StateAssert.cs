using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Compares states bit by bit.</summary>
internal static class StateAssert
{
    /// <summary>Fails at the first difference.</summary>
    public static void AreEqual(TrainingState expected, TrainingState actual, string when)
    {
        CollectionAssert.AreEqual(Bytes(expected.Run), Bytes(actual.Run), $"{when}: the run");
        CollectionAssert.AreEqual(
            expected.Phases.Select(phase => phase.Rule).ToArray(),
            actual.Phases.Select(phase => phase.Rule).ToArray(),
            $"{when}: rules");
        CollectionAssert.AreEqual(
            expected.Phases.SelectMany(phase => Bytes(phase.Block))
                .ToArray(), actual.Phases.SelectMany(phase => Bytes(phase.Block))
                .ToArray(), $"{when}: phases");
        AreEqual(expected.Tensors, actual.Tensors, when);
        CollectionAssert.AreEqual(expected.Ranges.Keys.ToArray(), actual.Ranges.Keys.ToArray(), $"{when}: ranges");
        foreach ((string name, RangeTotals totals) in expected.Ranges)
        {
            Assert.AreEqual(totals, actual.Ranges[name], $"{when}: {name}");
        }

        CollectionAssert.AreEquivalent(expected.Products.Keys.ToArray(), actual.Products.Keys.ToArray(), $"{when}: products");
        foreach ((string product, byte[] algorithm) in expected.Products)
        {
            CollectionAssert.AreEqual(algorithm, actual.Products[product], $"{when}: {product}");
        }
    }

    /// <summary>The same for tensors.</summary>
    public static void AreEqual(IReadOnlyList<StateTensor> expected, IReadOnlyList<StateTensor> actual, string when)
    {
        Assert.HasCount(expected.Count, actual, when);
        foreach ((StateTensor one, StateTensor other) in expected.Zip(actual))
        {
            Assert.AreEqual((one.Name, one.Rows, one.Columns), (other.Name, other.Rows, other.Columns), when);
            Assert.IsTrue(
                MemoryMarshal.AsBytes(one.Values.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(other.Values.AsSpan())),
                $"{when}: {one}");
        }
    }

    private static byte[] Bytes<T>(T value)
        where T : unmanaged
        => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
