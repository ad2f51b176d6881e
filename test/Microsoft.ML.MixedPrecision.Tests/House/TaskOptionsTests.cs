using System.Reflection;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>What a task lets choose is the same in every family: the search space of each class of options is that which the task's
/// interface says, and so are the defaults. A language model has no label, and so no task's options.</summary>
[TestClass]
public sealed class TaskOptionsTests
{
    private static readonly Type[] Tasks = [typeof(IMulticlassOptions), typeof(IBinaryOptions), typeof(IRegressionOptions)];

    public static IEnumerable<object[]> All
        => from type in typeof(NetworkTrainerOptions).Assembly.GetExportedTypes()
           where typeof(NetworkTrainerOptions).IsAssignableFrom(type) && !type.IsAbstract && type != typeof(LanguageModelTrainer.Options)
           select (object[])[type];

    [TestMethod]
    [DynamicData(nameof(All))]
    public void Options_OfATrainer_HaveTheSearchSpaceOfTheirTask(Type options)
    {
        Type task = Tasks.Single(candidate => candidate.IsAssignableFrom(options));
        foreach (PropertyInfo promised in task.GetProperties())
        {
            CollectionAssert.AreEqual(SpaceOf(promised), SpaceOf(options.GetProperty(promised.Name)!), $"{options}.{promised.Name}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    public void Options_OfATrainer_HaveTheDefaultsOfTheirTask(Type options)
    {
        object fresh = Activator.CreateInstance(options)!;
        switch (fresh)
        {
            case IMulticlassOptions multiclass:
                Assert.AreEqual((null, 0f), (multiclass.ClassWeights, multiclass.LabelSmoothing));
                break;
            case IBinaryOptions binary:
                Assert.AreEqual((1f, 0f), (binary.PositiveClassWeight, binary.LabelSmoothing));
                break;
            default:
                var regression = (IRegressionOptions)fresh;
                Assert.AreEqual(
                    (RegressionLoss.SquaredError, 1f, true),
                    (regression.Loss, regression.HuberDelta, regression.StandardizeLabel));
                break;
        }
    }

    private static string[] SpaceOf(PropertyInfo option)
        => [.. option.CustomAttributes
            .Where(attribute => attribute.AttributeType.Namespace == typeof(RangeAttribute).Namespace)
            .Select(attribute => attribute.ToString())];
}
