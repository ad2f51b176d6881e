using System.Reflection;
using Microsoft.ML;

namespace CustomerChurn;

/// <summary>
/// How much the model loses when the values of one column of the file change places among the rows. A category counts as one column,
/// however many features it becomes, and so does a date.
/// </summary>
internal static class ColumnImportance
{
    private const int Shuffles = 3;

    /// <summary>Measures each column.</summary>
    /// <param name="mlContext">The context.</param>
    /// <param name="model">The trained pipeline.</param>
    /// <param name="customers">Rows that it was not trained on.</param>
    /// <returns>Column and mean loss of area under the ROC curve, largest first.</returns>
    public static IEnumerable<(string Column, double Loss)> Of(MLContext mlContext, ITransformer model, IReadOnlyList<Customer> customers)
    {
        double whole = Area(mlContext, model, customers);
        return typeof(Customer).GetProperties()
            .Where(column => column.Name != nameof(Customer.Churned))
            .Select(column => (column.Name, Loss: Enumerable.Range(1, Shuffles).Average(seed => whole - AreaWithout(column, seed))))
            .OrderByDescending(result => result.Loss);

        double AreaWithout(PropertyInfo column, int seed) => Area(mlContext, model, Shuffled(customers, column, seed));
    }

    private static double Area(MLContext mlContext, ITransformer model, IEnumerable<Customer> customers)
    {
        IDataView rows = mlContext.Data.LoadFromEnumerable(customers.Select(customer => new CustomerRow(customer)));
        return mlContext.BinaryClassification.Evaluate(model.Transform(rows)).AreaUnderRocCurve;
    }

    private static List<Customer> Shuffled(IReadOnlyList<Customer> customers, PropertyInfo column, int seed)
    {
        object?[] values = [.. customers.Select(column.GetValue)];
        new Random(seed).Shuffle(values);
        List<Customer> copies = [.. customers.Select(customer => customer with { })];
        for (int i = 0; i < values.Length; i++)
        {
            column.SetValue(copies[i], values[i]);
        }

        return copies;
    }
}
