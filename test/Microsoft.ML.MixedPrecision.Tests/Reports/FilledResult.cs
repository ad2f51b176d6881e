using System.Collections;
using System.Reflection;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>
/// Results in which every property has a value of its own, set by reflection: what is added to a result later, and forgotten where it is
/// written or read, is missing after a round trip.
/// </summary>
internal static class FilledResult
{
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>A result of one epoch and one step and another before it, none of its values a default.</summary>
    public static TrainingResult Create()
    {
        int number = 0;
        TrainingResult result = Run(ref number);
        result.EarlierRuns = [Run(ref number)];
        return result;
    }

    /// <summary>The public properties of an object and of all that it holds, as lines <c>path = value</c>.</summary>
    public static IEnumerable<string> Lines(object? value, string path = "") => value switch
    {
        null => [$"{path} = null"],
        string or IFormattable or bool or PrecisionPolicy => [$"{path} = {FormattableString.Invariant($"{value}")}"],
        IEnumerable list => list.Cast<object?>().SelectMany((entry, i) => Lines(entry, $"{path}[{i}]")),
        _ => value.GetType().GetProperties().SelectMany(property => Lines(property.GetValue(value), $"{path}.{property.Name}")),
    };

    /// <summary>Sets a property that code can set only when it makes the object.</summary>
    public static void Set(object target, string property, object? value)
        => target.GetType().GetProperty(property, Members)!.SetValue(target, value);

    private static TrainingResult Run(ref int number)
    {
        var operation = (OperationExplanation)New(typeof(OperationExplanation), ref number);
        var result = new TrainingResult(new PlanExplanation("the plan", [operation], "the products\n"))
        {
            Memory = new MemoryReport(),
            Precision = PrecisionPolicy.Auto,
        };
        Fill(result, ref number);
        TrainingMetrics epoch = result.History[0];
        Set(epoch.Attempts[0], nameof(StepMetrics.Epoch), epoch.Epoch);
        return result;
    }

    private static object Fill(object target, ref int number)
    {
        foreach (PropertyInfo property in target.GetType().GetProperties().Where(
            property => property.GetSetMethod(nonPublic: true) is not null && property.Name != nameof(TrainingResult.EarlierRuns)))
        {
            property.SetValue(target, New(property.PropertyType, ref number));
        }

        return target;
    }

    private static object New(Type type, ref int number)
    {
        number++;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum)
        {
            Array values = Enum.GetValues(plain);
            return values.GetValue(values.Length - 1 - (number % 2))!;
        }

        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            Array list = Array.CreateInstance(plain.GetGenericArguments()[0], 1);
            list.SetValue(New(plain.GetGenericArguments()[0], ref number), 0);
            return list;
        }

        return plain == typeof(int) ? number
            : plain == typeof(long) ? (long)number
            : plain == typeof(float) ? number + 0.1f
            : plain == typeof(double) ? number + 0.1
            : plain == typeof(bool) ? true
            : plain == typeof(string) ? $"text {number} <&\"ä"
            : plain == typeof(TimeSpan) ? TimeSpan.FromTicks(12_345_678_901L * number)
            : plain == typeof(DateTimeOffset) ? new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero).AddTicks(number)
            : plain == typeof(KeyValuePair<string, string>) ? KeyValuePair.Create($"name {number}", $"value {number}")
            : plain == typeof(PrecisionPolicy) ? PrecisionPolicy.MixedFloat16.WithLayer("hidden.*", NumericFormat.BFloat16)
            : Fill(Activator.CreateInstance(plain, nonPublic: true)!, ref number);
    }
}
