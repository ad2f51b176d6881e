using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A network of several inputs trains, validates and scores on rows of several columns as a plain one does on what they come
/// to.</summary>
[TestClass]
public sealed class ColumnsStepTests : IDisposable
{
    private const int Rows = 100, Batch = 16;
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    /// <summary>Two micro-batches a step, and a shorter step at the end; preparing between steps leaves rubbish where ids lie, and must not
    /// look it up.</summary>
    [TestMethod]
    public void Steps_OfSeveralInputs_GiveTheBitsOfTheTable()
    {
        (RowStore columns, RowStore table) = ColumnsCase.Stores(_device, Rows);
        using (columns)
        using (table)
        {
            float[] expected = Train(ColumnsCase.Plain(), table), actual = Train(ColumnsCase.Reading(), columns);

            CollectionAssert.AreNotEqual(Weights(ColumnsCase.Plain()), expected);
            CollectionAssert.AreEqual(expected, actual);
        }
    }

    [TestMethod]
    public void Validation_OfSeveralInputs_GivesTheLossOfTheTable()
    {
        (RowStore columns, RowStore table) = ColumnsCase.Stores(_device, 1500);
        using (columns)
        using (table)
        {
            ValidationFigures Run(RowStore store, Network network)
                => new Validation(store, Examples.Rows(1500), _device, new CrossEntropyLoss()).Run(network);

            Assert.AreEqual(Run(table, ColumnsCase.Plain()), Run(columns, ColumnsCase.Reading()));
        }
    }

    [TestMethod]
    public void Score_OfSeveralInputs_GivesTheScoresOfTheTable()
    {
        Network plain = ColumnsCase.Plain(), reading = ColumnsCase.Reading();
        float[] expected = new float[2 * ColumnsCase.Outputs], actual = new float[2 * ColumnsCase.Outputs];
        float[] features = [.. Enumerable.Range(0, 2 * ColumnsCase.Features).Select(i => i / 8f)];
        int[][] ids = [[1, 2, 3, 4, 5], [10, 0, 0, 0, 0]];
        byte[][] pixels = [[1, 2, 3], [255, 0, 128]];
        float[][][] series = [[[1, 2, 3], [4, 5, 6]], [[-1, -2, -3], [0, 0.5f, 0]]];
        float[] sums = (float[])features.Clone();
        for (int row = 0; row < 2; row++)
        {
            LookUpOp.Add(
                sums.AsSpan(row * ColumnsCase.Features, ColumnsCase.Features),
                ids[row].AsSpan(0, 5 - (4 * row)),
                pixels[row],
                series[row]);
        }

        using (var weights = new ScoringWeights(plain, _device))
        using (var session = new ScoringSession(plain, weights, maxRows: 3))
        {
            session.Run(sums, 2, expected);
        }

        using (var weights = new ScoringWeights(reading, _device))
        using (var session = new ScoringSession(reading, weights, maxRows: 3))
        {
            CollectionAssert.AreEqual(
                new[] { "features", "ids", "length", "pixels", "series" },
                session.Inputs.Select(input => input.Name).ToArray());
            ids.SelectMany(row => row).ToArray().CopyTo(session.Words("ids", 2).Span<int>());
            new[] { 5, 1 }.CopyTo(session.Words("length", 2).Span<int>());
            pixels.SelectMany(row => row).ToArray().CopyTo(session.Words("pixels", 2).Span<byte>());
            Tensor lines = session.Numbers("series", 2);
            for (int line = 0; line < 4; line++)
            {
                series[line / 2][line % 2].CopyTo(ScoringSession.RowOf(lines, line));
            }

            session.Run(features, 2, actual);
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => session.Words("features", 2)).Message,
                "reads no words 'features'; it reads 'features': 8 numbers in Float32; 'ids': (5, 1) words of Int32");
        }

        CollectionAssert.AreEqual(expected, actual);
    }

    [TestMethod]
    public void Stage_RowsWithoutAColumn_NamesBothSides()
    {
        using RowStore table = Examples.Clusters(
            _device,
            NumericFormat.Float32,
            10,
            ColumnsCase.Features,
            ColumnsCase.Outputs,
            weights: true);
        using TrainingPlan plan = Plan(ColumnsCase.Reading());

        string message = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.Stage(table)).Message;

        StringAssert.Contains(message, "The plan's input 'ids' takes (5, 1) words of Int32; the rows have no such column, but 'features'");
    }

    private TrainingPlan Plan(Network network)
        => new(
            network,
            new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, Batch) { HasWeights = true },
            _device);

    private float[] Train(Network network, RowStore store)
    {
        using TrainingPlan plan = Plan(network);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            plan.Steps.BeginEpoch(store, [.. Examples.Rows(Rows).Reverse()]);
            for (int at = 0; at < Rows; at += 2 * Batch)
            {
                int stepRows = Math.Min(2 * Batch, Rows - at);
                plan.Steps.Take(new StepRequest(stepRows) { LearningRate = 1e-2f });
                if (plan.Ops[0] is LookUpOp op)
                {
                    plan.Context.Words(op.Inputs[1]).Span<int>().Fill(-1);
                }

                plan.Steps.Prepare(Rows % Batch);
            }
        }

        plan.Store();
        return Weights(network);
    }

    private static float[] Weights(Network network) => [.. network.Parameters.SelectMany(parameter => parameter.Values)];
}
