using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Rows of several columns on a card, resident or brought over batch by batch: to the bit what a plain network learns from the
/// table of what they come to.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaColumnsTests : CudaTrainingTest
{
    private const int Rows = 200, Batch = 48;

    [TestMethod]
    [DataRow(null)]
    [DataRow(0L)]
    public void Steps_OfSeveralInputs_GiveTheBitsOfTheTable(long? mostDataBytes)
    {
        using var kernel = new LookUpKernel(Device);
        (RowStore columns, RowStore table) = ColumnsCase.Stores(Cpu, Rows);
        using (columns)
        using (table)
        {
            float[] expected = Trained(ColumnsCase.Plain(), table, mostDataBytes);
            float[] actual = Trained(ColumnsCase.Reading(kernel.Run), columns, mostDataBytes);

            CollectionAssert.AreEqual(expected, actual);
        }
    }

    /// <summary>An epoch that goes on in the middle of its order, and a shorter order behind a longer one.</summary>
    [TestMethod]
    [DataRow(null)]
    [DataRow(0L)]
    public void BeginEpoch_FromACursor_TakesEachColumnFromThere(long? mostDataBytes)
    {
        using var kernel = new LookUpKernel(Device);
        (RowStore columns, RowStore table) = ColumnsCase.Stores(Cpu, Rows);
        using (columns)
        using (table)
        {
            float[] Course(Network network, RowStore store)
            {
                using TrainingPlan plan = Plan(
                    Device,
                    "float32",
                    network,
                    Batch,
                    settings => settings with { HasWeights = true, MostDataBytes = mostDataBytes });
                plan.Steps.Prepare(5);
                Train(plan, store, 1, Batch);
                plan.Steps.BeginEpoch(store, [.. Examples.Rows(Rows).Reverse()], cursor: 150);
                plan.Steps.Take(new StepRequest(Batch) { LearningRate = 1e-2f });
                plan.Steps.BeginEpoch(store, [7, 199, 3, 0, 7]);
                plan.Steps.Take(new StepRequest(5) { LearningRate = 1e-2f });
                return Weights(plan, network);
            }

            CollectionAssert.AreEqual(Course(ColumnsCase.Plain(), table), Course(ColumnsCase.Reading(kernel.Run), columns));
        }
    }

    [TestMethod]
    public void Validation_OfSeveralInputs_GivesTheLossOfTheTable()
    {
        using var kernel = new LookUpKernel(Device);
        (RowStore columns, RowStore table) = ColumnsCase.Stores(Cpu, 1500);
        using (columns)
        using (table)
        {
            ValidationFigures Run(RowStore store, Network network)
                => new Validation(store, Examples.Rows(1500), Device, new CrossEntropyLoss()).Run(network);

            Assert.AreEqual(Run(table, ColumnsCase.Plain()), Run(columns, ColumnsCase.Reading(kernel.Run)));
        }
    }

    private float[] Trained(Network network, RowStore store, long? mostDataBytes)
    {
        using TrainingPlan plan = Plan(
            Device,
            "float32",
            network,
            Batch,
            settings => settings with { HasWeights = true, MostDataBytes = mostDataBytes });
        plan.Steps.Prepare(Rows % (2 * Batch));
        Train(plan, store, 3, Batch, microBatches: 2, learningRate: 1e-2f);
        return Weights(plan, network);
    }
}
