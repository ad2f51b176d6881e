using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>The columns of training in a model file.</summary>
[TestClass]
public sealed class TrainSchemaEntryTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>
    /// Annotations are asked for anew at each saving, and the same slot names may come as a dense vector or as a sparse one, which are
    /// other bytes.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Load_OfColumnsWhoseAnnotationsAreOtherBytesEachTime_AgreesWithTheChecksum(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60));
        ITransformer model = task.Fit(Ml, train, options => options.Epochs = 1);
        FieldInfo columns = model.GetType().BaseType!.GetField("TrainSchema", BindingFlags.Instance | BindingFlags.NonPublic)!;
        int times = 0;
        var schema = (DataViewSchema)columns.GetValue(model)!;
        columns.SetValue(model, WithSlotNames(schema, "Features", (ref names) => Fill(ref names, times++)));

        ITransformer loaded = Models.Load(Models.Save(model, train.Schema));

        Assert.IsGreaterThan(0, times);
        CollectionAssert.AreEqual(ScoredRows.BitsOf(model.Transform(train)), ScoredRows.BitsOf(loaded.Transform(train)));
    }

    private static DataViewSchema WithSlotNames(DataViewSchema schema, string name, ValueGetter<VBuffer<ReadOnlyMemory<char>>> names)
    {
        var builder = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column column in schema)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            if (column.Name == name)
            {
                annotations.AddSlotNames(((VectorDataViewType)column.Type).Size, names);
            }
            else
            {
                annotations.Add(column.Annotations, _ => true);
            }

            builder.AddColumn(column.Name, column.Type, annotations.ToAnnotations());
        }

        return builder.ToSchema();
    }

    /// <summary>One name of four, dense and sparse by turns.</summary>
    private static void Fill(ref VBuffer<ReadOnlyMemory<char>> names, int time)
    {
        ReadOnlyMemory<char> only = "only".AsMemory();
        names = time % 2 == 0 ? new(4, [only, default, default, default]) : new(4, 1, [only], [0]);
    }
}
