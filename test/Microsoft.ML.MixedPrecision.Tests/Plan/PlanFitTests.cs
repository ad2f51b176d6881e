using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Plans that a device has no room for, and whether drafts say what plans take.</summary>
[TestClass]
public sealed class PlanFitTests
{
    private const int Batch = 5000;

    [TestMethod]
    [DataRow(3)]
    [DataRow(16)]
    [DataRow(30)]
    [DataRow(33)]
    [DataRow(1000)]
    [DataRow(4999)]
    public void Require_PlanTooLarge_ProposesTheLargestBatchUpToASixteenth(int fitting)
    {
        // Enough for so many rows, and for no row more; buffers are multiples of 256 bytes, which not every row adds to.
        using var device = new SmallDevice(Bytes(fitting + 1) - 1);
        Assert.IsLessThanOrEqualTo(device.FreeBytes, Bytes(fitting));

        int proposal = Proposal(Refusal(device).Message);

        Assert.IsLessThanOrEqualTo(fitting, proposal);
        Assert.IsGreaterThan(fitting * 15 / 16.0, proposal);
        Assert.IsTrue(fitting >= 32 || proposal == fitting, "few rows need no rounding");
        Require(device, proposal);
    }

    [TestMethod]
    public void Require_PlanTooLarge_SaysBytesCategoriesAndRemedy()
    {
        using var device = new SmallDevice(2 << 20);

        string message = Refusal(device).Message;

        int proposal = Proposal(message);
        StringAssert.Contains(message, string.Create(CultureInfo.InvariantCulture, $"Training needs {Bytes(Batch) / 1048576.0:N1} MiB "
            + $"of memory on {SmallDevice.Name}, which has 2.0 MiB free, with batches of {Batch} rows."));
        StringAssert.Contains(message, $"set BatchSize to {proposal}, and GradientAccumulationSteps to "
            + $"{(Batch + proposal - 1) / proposal}");
        StringAssert.Contains(message, Draft(device, Batch).Memory(dataBytes: 0).ToString());
        foreach (string category in (string[])["masters", "shadows", "gradients", "moments", "activations", "workspace", "total"])
        {
            StringAssert.Contains(message, category);
        }
    }

    /// <summary>8 rows that fill the device to the last byte are proposed; 5000 of them are 625 times 8, without a rest.</summary>
    [TestMethod]
    public void Require_RoomForExactlyEightRows_ProposesThemAndTheStepsWithoutARest()
    {
        using var device = new SmallDevice(Bytes(8));

        StringAssert.Contains(Refusal(device).Message, "set BatchSize to 8, and GradientAccumulationSteps to 625 to keep");
    }

    [TestMethod]
    public void Require_NotEvenOneRowFits_SaysSoAndProposesNone()
    {
        using var device = new SmallDevice(Bytes(1) - 1);

        string message = Refusal(device).Message;

        StringAssert.Contains(message, "Not even a batch of one row would fit");
        Assert.DoesNotContain("set BatchSize", message);
        Assert.ThrowsExactly<InsufficientMemoryException>(() => Require(device, 1));
    }

    [TestMethod]
    public void Require_PlanThatJustFits_LetsItPass()
    {
        using var enough = new SmallDevice(Bytes(Batch));
        using var tooSmall = new SmallDevice(Bytes(Batch) - 1);

        Require(enough, Batch);
        Assert.ThrowsExactly<InsufficientMemoryException>(() => Require(tooSmall, Batch));
    }

    [TestMethod]
    public void Plan_TooLarge_ThrowsBeforeAnythingIsAllocated()
    {
        using var device = new SmallDevice(1 << 20);

        // The device fails the test when it is asked for memory.
        Assert.ThrowsExactly<InsufficientMemoryException>(() => new TrainingPlan(Network(), Settings(Batch), device));
    }

    /// <summary>2³¹ − 1 words are the most: 976 rows of 2.2 million numbers are fewer, 977 are more. The device fails the test when it is
    /// asked for memory.</summary>
    [TestMethod]
    [DataRow(977, "977 rows with 2,200,000 targets each has 2,149,400,000 targets; 2,147,483,647 are the most. Lower BatchSize to at "
        + "most 976.")]
    [DataRow(1024, "1,024 rows with 2,200,000 targets each has 2,252,800,000 targets; 2,147,483,647 are the most. Lower BatchSize to "
        + "at most 976.")]
    public void Plan_WithMoreTargetsThanCanBeCounted_SaysSizesAndRemedy(int rows, string expected)
    {
        using var device = new SmallDevice(long.MaxValue);
        Network network = Examples.Network(1, [], 2_200_000);

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => new TrainingPlan(network, Settings(rows) with { Loss = new SquaredErrorLoss() }, device));

        Assert.AreEqual("A batch of " + expected, error.Message);
        PlanFit.RequireTargets(network, Settings(976) with { Loss = new SquaredErrorLoss() });
        PlanFit.RequireTargets(network, Settings(rows) with { Loss = new CrossEntropyLoss() });
    }

    [TestMethod]
    [DataRow("float32", ActivationKind.Relu, NormalizationKind.None)]
    [DataRow("tensorfloat32", ActivationKind.Gelu, NormalizationKind.None)]
    [DataRow("mixed_float16", ActivationKind.Gelu, NormalizationKind.LayerNorm)]
    [DataRow("mixed_bfloat16", ActivationKind.Tanh, NormalizationKind.None)]
    [DataRow("mixed_bfloat16", ActivationKind.Gelu, NormalizationKind.BatchNorm)]
    [DataRow("o3", ActivationKind.Relu, NormalizationKind.LayerNorm)]
    [DataRow("float32; layer hidden.1*=BFloat16", ActivationKind.Silu, NormalizationKind.LayerNorm)]
    public void Memory_OfDraft_IsWhatThePlanTakes(string policy, ActivationKind activation, NormalizationKind normalization)
    {
        using var device = new CpuDevice(2);
        Network network = Examples.Network(100, [72, 33], 7, activation, normalization: normalization);
        PlanSettings settings = Settings(100, policy);
        // Before the plan, whose kernels leave their working memory with the device.
        MemoryReport drafted = new PlanDraft(network, settings, device).Memory(dataBytes: 0);
        using var plan = new TrainingPlan(network, settings, device);

        MemoryReports.AssertSame(plan.Memory, drafted);
        Assert.AreEqual(plan.Memory.Scratch, drafted.Scratch);
    }

    /// <summary>Many classes behind few units: the product of the input's gradient sums over all classes, and packs a strip of them for
    /// each thread.</summary>
    [TestMethod]
    public void Require_OnTheCpu_CountsTheKernelsWorkingMemory()
    {
        Network wide = Examples.Network(3, [4], 400_000);
        PlanSettings settings = Settings(4);
        using var unlimited = new CpuDevice(2);
        MemoryReport memory = new PlanDraft(wide, settings, unlimited).Memory(dataBytes: 0);
        using var limited = new CpuDevice(2) { MemoryLimit = memory.Total - (memory.Scratch / 2) };

        // Two threads and their caller, 32 columns or fewer of 400,000 classes in Float32.
        Assert.IsGreaterThan(3L * 8 * 400_000 * 4, memory.Scratch);
        Assert.IsLessThan(limited.MemoryLimit, memory.Total - memory.Scratch);
        string message = Assert.ThrowsExactly<InsufficientMemoryException>(() => new TrainingPlan(wide, settings, limited)).Message;
        StringAssert.Contains(message, string.Create(CultureInfo.InvariantCulture, $"Training needs {memory.Total / 1048576.0:N1} MiB "
            + $"of memory on {limited.Description}"));
        StringAssert.Contains(message, string.Create(CultureInfo.InvariantCulture, $"free of the {limited.MemoryLimit / 1048576.0:N1} "
            + $"MiB that this process may use"));
        StringAssert.Contains(message, memory.ToString());
    }

    /// <summary>1100 MiB that are asked for and not touched count as in use, until they are given back; margins for what other tests take
    /// meanwhile.</summary>
    [TestMethod]
    public void Require_OnTheCpu_CountsWhatTheProcessHasAlready()
    {
        const long MiB = 1 << 20;
        using var device = new CpuDevice(2)
        {
            MemoryLimit = (1000 * MiB) + new PlanDraft(Network(), Settings(4), new SmallDevice(0)).Memory(dataBytes: 0).Total,
        };
        using (device.Allocate(1100 * MiB))
        {
            Assert.IsLessThan(0, device.FreeBytes);
            Assert.ThrowsExactly<InsufficientMemoryException>(() => Require(device, 4));
        }

        Require(device, 4);
    }

    [TestMethod]
    public void Require_OnTheCpu_AsksForNoSecondRoomForStoredRows()
    {
        const long Rows = 1L << 40;
        using var device = new CpuDevice(2) { MemoryLimit = 1L << 38 };
        using var small = new CpuDevice(2) { MemoryLimit = 1 };
        PlanDraft draft = Draft(device, 4);

        PlanFit.Require(Network(), Settings(4), device, draft.Memory(Rows));
        string message = Assert.ThrowsExactly<InsufficientMemoryException>(
            () => PlanFit.Require(Network(), Settings(4), small, draft.Memory(Rows))).Message;
        StringAssert.Contains(message, "1,048,576.0 MiB that the plan has already");
    }

    /// <summary>
    /// 37 rows in batches of 8, two of them a step: micro-batches of 8 and 5 rows. And 2559 in batches of 2048: the 511 rows left need more
    /// working memory,
    /// since the weights' gradient, a product over the rows, is then cut into wider strips. Rows are in memory already.
    /// </summary>
    [TestMethod]
    [DataRow(37, 8, 2, 100, 64)]
    [DataRow(2559, 2048, 1, 1024, 128)]
    public void Refusal_OfALoop_HasTheBytesOfThePrintedPlan(int rows, int batch, int accumulation, int features, int hidden)
    {
        string printed = "";
        Run(new CpuDevice(2), planned => printed = planned.Memory.ToString());

        string refusal = Assert.ThrowsExactly<InsufficientMemoryException>(() => Run(new CpuDevice(2) { MemoryLimit = 1 }, _ => { }))
            .Message;

        Assert.DoesNotContain("data                0.0 KiB", printed);
        StringAssert.Contains(refusal, printed);

        void Run(CpuDevice device, Action<RunPlanned> onPlanned)
        {
            using (device)
            {
                using RowStore store = Examples.Clusters(device, NumericFormat.Float32, rows, features, 10);
                var options = new TrainingOptions
                {
                    Precision = PrecisionPolicy.Float32,
                    BatchSize = batch,
                    GradientAccumulationSteps = accumulation,
                    Epochs = 1,
                };
                LoopRuns.Of(
                    Examples.Network(features, [hidden], 10),
                    options,
                    device,
                    store,
                    null).Run(() => { }, new EventList { Heard = told => { if (told is RunPlanned planned) { onPlanned(planned); } } });
            }
        }
    }

    private static Network Network() => Examples.Network(100, [64], 10);

    private static PlanSettings Settings(int rows, string policyName = "mixed_float16")
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        return new PlanSettings(policy, LossScaling.Auto.Resolve(policy), Examples.AdamW, rows);
    }

    private static PlanDraft Draft(Device device, int rows) => new(Network(), Settings(rows), device);

    private static long Bytes(int rows)
    {
        using var device = new SmallDevice(0);
        return Draft(device, rows).Memory(dataBytes: 0).Total;
    }

    private static void Require(Device device, int rows)
        => PlanFit.Require(Network(), Settings(rows), device, Draft(device, rows).Memory(dataBytes: 0));

    private static InsufficientMemoryException Refusal(Device device)
        => Assert.ThrowsExactly<InsufficientMemoryException>(() => Require(device, Batch));

    private static int Proposal(string message)
        => int.Parse(Regex.Match(message, @"A batch of (\d+) rows would fit").Groups[1].Value, CultureInfo.InvariantCulture);
}
