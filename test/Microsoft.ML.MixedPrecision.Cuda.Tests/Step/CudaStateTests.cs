using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>What a plan leaves on a card between two steps is enough for another plan to go on with, bit for bit.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaStateTests : CudaTrainingTest
{
    public static IEnumerable<object[]> Cases => StateCase.All.Select(one => new object[] { one.Name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Capture_AnotherPlanGoesOn_GivesTheBitsOfNoBreak(string name) => Case(name).AssertGoesOn(() => new CudaDevice(0, Cache));

    /// <summary>The state's algorithms, where nothing is kept on disk and timing could choose others.</summary>
    [TestMethod]
    [DataRow("float32")]
    [DataRow("float16 with skips")]
    public void Plan_FromAStateWithAnEmptyCache_TakesTheStatesAlgorithms(string name)
    {
        StateCase one = Case(name);
        using RowStore store = one.Store(Cpu);
        using TrainingPlan plan = one.Plan(Device);
        List<StepRecord> records = one.Run(plan, store, 0, StateCase.StepsAnEpoch);
        TrainingState state = plan.Capture();
        Assert.IsNotEmpty(state.Products);
        records = one.Run(plan, store, StateCase.StepsAnEpoch, StateCase.Steps);

        string folder = Path.Combine(Path.GetTempPath(), $"kernels-{Guid.NewGuid():N}");
        try
        {
            using var card = new CudaDevice(0, new KernelCache(folder));
            using TrainingPlan resumed = one.Plan(card, state);
            StateAssert.AreEqual(state, resumed.Capture(), "with an empty cache");
            CollectionAssert.AreEqual(records, one.Run(resumed, store, StateCase.StepsAnEpoch, StateCase.Steps));
            StateAssert.AreEqual(plan.Capture(), resumed.Capture(), "at the end");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Algorithms of another card are never asked for; bytes that are none are not taken.</summary>
    [TestMethod]
    public void Plan_FromAStateOfAnotherCard_ChoosesItsOwnAlgorithms()
    {
        StateCase one = Case("bfloat16");
        using RowStore store = one.Store(Cpu);
        using TrainingPlan plan = one.Plan(Device);
        one.Run(plan, store, 0, 3);
        TrainingState state = plan.Capture();
        TrainingState foreign = state with
        {
            Products = state.Products.ToDictionary(product => "another card " + product.Key, product => product.Value),
        };
        TrainingState spoilt = state with { Products = state.Products.ToDictionary(product => product.Key, _ => new byte[3]) };
        foreach (TrainingState other in (TrainingState[])[foreign, spoilt])
        {
            using var card = new CudaDevice(0, Cache);
            using TrainingPlan resumed = one.Plan(card, other);
            StateAssert.AreEqual(state, resumed.Capture(), "chosen from the cache");
        }
    }

    private static StateCase Case(string name) => StateCase.All.Single(one => one.Name == name);
}
