using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.MixedPrecision.Cuda.Tests.Step;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tests.Plan;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Plan;

/// <summary>Plans that a card has no room for, and whether drafts say what plans take.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaPlanFitTests : CudaTrainingTest
{
    /// <summary>More rows than any card has memory for: 3 KiB each.</summary>
    private const int TooManyRows = 500_000_000;

    [TestMethod]
    public void Plan_TooLarge_SaysWhyAndAllocatesNothing()
    {
        Network network = Examples.Network(100, [512, 512], 10);
        PlanSettings? tried = null;
        long free = Device.FreeBytes;

        var error = Assert.ThrowsExactly<InsufficientMemoryException>(
            () => Plan(Device, "mixed_bfloat16", network, TooManyRows, settings => tried = settings));

        Assert.AreEqual(free, Device.FreeBytes);
        StringAssert.Contains(error.Message, Device.Description);
        StringAssert.Contains(error.Message, string.Create(CultureInfo.InvariantCulture, $"which has {free / 1048576.0:N1} MiB free"));
        StringAssert.Contains(error.Message, new PlanDraft(network, tried!, Device).Memory(dataBytes: 0).ToString());
        int rows = int.Parse(Regex.Match(error.Message, @"A batch of (\d+) rows would fit").Groups[1].Value, CultureInfo.InvariantCulture);
        long proposed = Bytes(rows);
        long room = free - PlanFit.CardReserve;
        Assert.IsLessThanOrEqualTo(room, proposed);
        Assert.IsGreaterThan(room, Bytes(rows + (rows / 15) + 1), "it is the largest up to 1/16");
        PlanFit.Require(
            network,
            tried! with { BatchRows = rows },
            Device,
            new PlanDraft(network, tried with { BatchRows = rows }, Device).Memory(dataBytes: 0));

        long Bytes(int some) => new PlanDraft(network, tried! with { BatchRows = some }, Device).Memory(dataBytes: 0).Total;
    }

    [TestMethod]
    [DataRow("float32", ActivationKind.Relu, NormalizationKind.None)]
    [DataRow("tensorfloat32", ActivationKind.GeluErf, NormalizationKind.None)]
    [DataRow("mixed_float16", ActivationKind.Relu, NormalizationKind.None)]
    [DataRow("mixed_float16", ActivationKind.Gelu, NormalizationKind.None)]
    [DataRow("mixed_bfloat16", ActivationKind.Gelu, NormalizationKind.LayerNorm)]
    [DataRow("mixed_float16", ActivationKind.Relu, NormalizationKind.BatchNorm)]
    [DataRow("o3", ActivationKind.Tanh, NormalizationKind.LayerNorm)]
    public void Memory_OfDraft_IsWhatThePlanTakes(string policy, ActivationKind activation, NormalizationKind normalization)
    {
        foreach (bool branches in (bool[])[false, true])
        {
            using var fresh = new CudaDevice(0, Device.Cache);
            PlanSettings? settings = null;
            Network network = Examples.Network(100, [200, 72], 33, activation, normalization: normalization);
            using TrainingPlan plan = Plan(fresh, policy, network, 1000, proposed => settings = proposed with { Branches = branches });
            AssertSame(new PlanDraft(network, settings!, fresh).Memory(dataBytes: 0), plan.Memory, hasScratch: !fresh.IsGuarded);

            plan.Steps.Prepare(999);
            plan.Steps.Prepare(7);
            AssertSame(new PlanDraft(network, settings!, fresh).Memory(dataBytes: 0), plan.Memory, hasScratch: !fresh.IsGuarded);
        }
    }

    private static void AssertSame(MemoryReport drafted, MemoryReport taken, bool hasScratch)
    {
        MemoryReports.AssertSame(taken, drafted);
        if (hasScratch)
        {
            Assert.AreEqual(taken.Scratch, drafted.Scratch);
        }
    }
}
