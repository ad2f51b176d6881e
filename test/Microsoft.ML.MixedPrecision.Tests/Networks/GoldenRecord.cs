using System.Text.Json;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>What PyTorch has recorded of Transformers in the folder Golden: starting values, gradients, and how they were
/// trained.</summary>
internal static class GoldenRecord
{
    /// <summary>A record.</summary>
    public static JsonElement Read(string file) => JsonDocument.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Networks", "Golden", file))).RootElement;

    /// <summary>Gives a network the starting values of a case.</summary>
    public static void Fill(Network network, JsonElement its)
    {
        foreach (Parameter parameter in network.Parameters)
        {
            float[] values = Array.ConvertAll(Numbers(its.GetProperty("start").GetProperty(parameter.Name)), value => (float)value);
            Assert.HasCount(parameter.Values.Length, values, parameter.Name);
            values.CopyTo(parameter.Values, 0);
        }
    }

    /// <summary>A plan that trains as the record did.</summary>
    public static TrainingPlan Plan(JsonElement record, Network network, RowStore store, int batch, Loss? loss = null)
    {
        double Number(string name) => record.GetProperty(name).GetDouble();
        var adamW = new OptimizerSettings(
            OptimizerKind.AdamW,
            (float)Number("decay"),
            (float)Number("beta1"),
            (float)Number("beta2"),
            (float)Number("epsilon"),
            0f,
            false);
        return new TrainingPlan(
            network,
            new PlanSettings(PrecisionPolicy.Float32, LossScaling.None.Resolve(PrecisionPolicy.Float32), adamW, batch)
            {
                BatchSteps = store.MostSteps(batch),
                Loss = loss ?? new CrossEntropyLoss(),
            },
            store.Device);
    }

    /// <summary>All gradients of a plan are those of a case.</summary>
    public static void AssertGradients(JsonElement its, Network network, TrainingPlan plan)
    {
        foreach (Parameter parameter in network.Parameters)
        {
            double[] expected = Numbers(its.GetProperty("gradients").GetProperty(parameter.Name));
            ReadOnlySpan<float> actual = Gradient(plan, parameter);
            double scale = Math.Max(1e-2, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], 1e-5 * scale, $"{parameter.Name}, element {i}");
            }
        }
    }

    private static unsafe float[] Gradient(TrainingPlan plan, Parameter parameter)
    {
        var gradient = plan.Context.Gradient(parameter);
        float[] values = new float[parameter.Values.Length];
        for (int row = 0; row < gradient.Rows; row++)
        {
            new ReadOnlySpan<float>(gradient.Row(row), gradient.Columns).CopyTo(values.AsSpan(row * gradient.Columns));
        }

        return values;
    }

    /// <summary>A list of numbers.</summary>
    public static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetDouble())];
}
