using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

/// <summary>Compares what two runs left: everything but times.</summary>
internal static class OutcomeAssert
{
    private static readonly string[] Times = ["RowsPerSecond", "Timings", "Environment", "Seconds", "SecondsOfEpoch"];

    /// <summary>Fails at the first difference.</summary>
    public static void AreEqual(ResumeCase.Outcome expected, ResumeCase.Outcome actual, string when)
    {
        foreach ((float[] one, float[] other) in expected.Stored.Zip(actual.Stored))
        {
            Assert.IsTrue(MemoryMarshal.AsBytes(one.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(other.AsSpan())), $"{when}: the network");
        }

        Compare(expected.Result, actual.Result, when);
        StateAssert.AreEqual(expected.Last.State, actual.Last.State, when);
        StateAssert.AreEqual(expected.Last.Best, actual.Last.Best, when);
    }

    /// <summary>The same for anything whose properties tell all of it.</summary>
    public static void AreEqual<T>(T expected, T actual, string when)
        where T : class
        => Compare(expected, actual, when);

    /// <summary>All properties, and those of what they hold.</summary>
    private static void Compare(object? expected, object? actual, string where)
    {
        if (expected is null || actual is null || expected is string || expected.GetType().IsPrimitive || expected.GetType().IsEnum)
        {
            // NaN equals NaN here; its sign is compared with the states.
            Assert.AreEqual(expected, actual, where);
        }
        else if (expected is System.Collections.IEnumerable many)
        {
            object?[] one = [.. many.Cast<object?>()], other = [.. ((System.Collections.IEnumerable)actual).Cast<object?>()];
            Assert.HasCount(one.Length, other, where);
            for (int i = 0; i < one.Length; i++)
            {
                Compare(one[i], other[i], $"{where}[{i}]");
            }
        }
        else
        {
            foreach (
                PropertyInfo property in expected.GetType().GetProperties(
                    BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
            {
                if (!Times.Contains(property.Name) && property.GetIndexParameters().Length == 0 && property.Name != "EqualityContract")
                {
                    Compare(property.GetValue(expected), property.GetValue(actual), $"{where}.{property.Name}");
                }
            }
        }
    }
}
