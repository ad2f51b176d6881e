using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// The rows of the training set, of which <see cref="NetworkTrainerOptions.ValidationFraction"/> holds some back to validate: what is on
/// either
/// side, and whether a network can learn from it.
/// This is the one place that makes the split; training, the standardizing of labels and the scaling of features are handed its
/// <see cref="Order"/>.
/// </summary>
internal sealed class TrainingSplit
{
    /// <summary>Share that is held back where nobody asked for validation.</summary>
    public const float UsualFraction = 0.1f;

    /// <summary>Labelled rows below which nothing is held back unasked: a tenth of fewer says little, and the rows are missed in
    /// training.</summary>
    public const int LeastRows = 200;

    private readonly LabelledColumns _columns;
    private readonly string _place;
    /// <summary>Rows of each class that train; empty where labels are numbers.</summary>
    private readonly long[] _trainOfClass;
    private readonly bool _countsInTraining;
    private readonly bool _countsInValidation;

    /// <summary>Divides the rows.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="columns">The columns that they were read from.</param>
    /// <param name="rowsOfClass">Rows of each class, of which each gives its share; empty where labels are numbers, and rows are drawn at
    /// random.</param>
    /// <param name="wanted">Share that validates: 0 for none, null for a tenth of <see cref="LeastRows"/> rows or more.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <exception cref="InvalidOperationException">There are not enough rows for two sides.</exception>
    public TrainingSplit(RowStore store, LabelledColumns columns, IReadOnlyList<long> rowsOfClass, float? wanted, int seed)
    {
        float fraction = wanted ?? (store.Rows >= LeastRows ? UsualFraction : 0);
        _columns = columns;
        _place = string.Create(CultureInfo.InvariantCulture, $"With ValidationFraction {fraction} and seed {seed}, ");
        int[] heldBack = rowsOfClass.Count > 0
            ? HeldBackRows.Draw(store.Rows, fraction, seed, rowsOfClass, row => ClassOf(store, row))
            : HeldBackRows.Draw(store.Rows, fraction, seed);
        if (wanted > 0 && heldBack.Length == 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"ValidationFraction is {fraction}, but there "
                    + $"{(store.Rows == 1 ? "is 1 labelled row" : $"are {store.Rows} labelled rows, each of a class of its own")}; at "
                    + $"least 2 {(store.Rows == 1 ? "" : "of a class ")}are needed. Give more rows, or set ValidationFraction to 0."));
        }

        Order = new RowOrder(store.Rows, heldBack, seed);
        _countsInTraining = AnyCounts(store, Order.Train);
        _countsInValidation = heldBack.Length == 0 || AnyCounts(store, heldBack);
        if (wanted is null && !(_countsInTraining && _countsInValidation))
        {
            // Nobody asked for a split, so one that cannot be is no error.
            Order = new RowOrder(store.Rows, [], seed);
            (_countsInTraining, _countsInValidation) = (AnyCounts(store, Order.Train), true);
        }

        _trainOfClass = TrainOfClass(store, rowsOfClass);
    }

    /// <summary>Divides the rows as one of several networks is to see them.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="columns">The columns that they were read from.</param>
    /// <param name="rowsOfClass">Rows of each class; empty where labels are numbers.</param>
    /// <param name="heldBack">Numbers of the rows that validate it.</param>
    /// <param name="place">Which network of how many, from 1.</param>
    /// <param name="seed">Seed of the order of the rows.</param>
    public TrainingSplit(
        RowStore store, LabelledColumns columns, IReadOnlyList<long> rowsOfClass, int[] heldBack, (int Bag, int Bags) place, int seed)
    {
        _columns = columns;
        _place = string.Create(CultureInfo.InvariantCulture, $"In bag {place.Bag} of {place.Bags}, with seed {seed}, ");
        Order = new RowOrder(store.Rows, heldBack, seed);
        _countsInTraining = AnyCounts(store, Order.Train);
        _countsInValidation = AnyCounts(store, heldBack);
        _trainOfClass = TrainOfClass(store, rowsOfClass);
    }

    /// <summary>The two sides.</summary>
    public RowOrder Order { get; }

    /// <summary>Numbers of the rows that validate.</summary>
    public int[] HeldBack => Order.Validation;

    /// <summary>Number of rows that train.</summary>
    public int TrainRows => Order.TrainRows;

    /// <summary>What the log says of the rows held back without being asked for, or of why there are none.</summary>
    /// <param name="patience">Epochs without a better one after which training stops; 0 for never.</param>
    /// <param name="epochs">Epochs at most.</param>
    /// <param name="metric">What the best epoch has best.</param>
    public string Remark(int patience, int epochs, BestEpochMetric metric)
    {
        int rows = TrainRows + HeldBack.Length;
        if (HeldBack.Length == 0)
        {
            string why = rows < LeastRows
                ? $"there are {rows} labelled rows, fewer than {LeastRows}"
                : "of the rows that could be, none counts or can be spared";
            string course = epochs == 1 ? "the only epoch" : $"all {epochs} epochs";
            return $"No rows are held back to validate, since {why}: training goes on for {course}. Set ValidationSet or "
                + "ValidationFraction to stop when the validation loss no longer falls.";
        }

        string drawn = _trainOfClass.Length > 0 ? "of each class a tenth" : "a tenth at random";
        string wait = patience == 1 ? "1 epoch" : $"{patience} epochs";
        string end = patience > 0
            ? $"training stops after {wait} without a {metric.Better()} and keeps the best weights"
            : "the validation loss is measured after each epoch";
        return $"{HeldBack.Length} of {rows} rows are held back to validate, {drawn}; {end}. Set ValidationSet to validate with other "
            + $"rows, or ValidationFraction to another share, or to 0 to train on all rows.";
    }

    /// <summary>Checks that on either side a row counts, and that there is something to tell apart.</summary>
    /// <param name="needsTwoClasses">Whether the rows that train must have two classes.</param>
    /// <exception cref="InvalidOperationException">They do not; or all rows of a side weigh 0, so that its loss means nothing.</exception>
    public void Check(bool needsTwoClasses)
    {
        string[] factors = [
            .. _columns.Weight is { } column ? [$"column '{column.Name}'"] : (string[])[],
            .. _trainOfClass.Length > 0 ? ["its class's weight"] : (string[])[]];
        if (!_countsInTraining || !_countsInValidation)
        {
            throw new InvalidOperationException($"{_place}no row that {(_countsInTraining ? "validates" : "trains")} weighs more than "
                + $"0 by {string.Join(" times ", factors)}; at least one must. Set another Seed or share, or give the validation rows "
                + $"apart, as ValidationSet.");
        }

        // Each class that has rows keeps one to train on.
        if (needsTwoClasses && _trainOfClass.Count(rows => rows > 0) == 1)
        {
            throw new InvalidOperationException($"Every labelled row of the training set has the same class, "
                + $"{_columns.NameOfClass(Array.FindIndex(_trainOfClass, rows => rows > 0))} of column '{_columns.Label.Name}'; there "
                + $"must be at least two. Check the label column, and whether the rows were sorted before they were split.");
        }
    }

    /// <summary>What a person should know of labels that only validation rows have; null if there are none.</summary>
    /// <param name="what">What the message calls the validation rows.</param>
    /// <param name="validation">Validation rows of each class.</param>
    public string? UnseenClasses(string what, IReadOnlyList<long> validation)
    {
        int[] unseen = [.. Enumerable.Range(0, _trainOfClass.Length).Where(label => _trainOfClass[label] == 0 && validation[label] > 0)];
        return unseen.Length == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{unseen.Sum(label => validation[label])} {what} have a label in column "
                + $"'{_columns.Label.Name}' that no training row has: "
                + $"{string.Join(", ", unseen.Take(10).Select(_columns.NameOfClass))}{(unseen.Length > 10 ? ", …" : "")}. The network "
                + $"cannot learn to predict it; check how the data were split.");
    }

    private long[] TrainOfClass(RowStore store, IReadOnlyList<long> rowsOfClass)
        => [.. rowsOfClass.Zip(CountClasses(store, HeldBack, rowsOfClass.Count), (all, back) => all - back)];

    /// <summary>Class of a row, from 0.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="row">Its number.</param>
    public int ClassOf(RowStore store, int row)
    {
        int target = store.Targets(row)[0];
        return _columns.LabelKind == LabelKind.Key ? target : BitConverter.Int32BitsToSingle(target) > 0 ? 1 : 0;
    }

    private long[] CountClasses(RowStore store, int[] rows, int classes)
    {
        long[] count = new long[classes];
        foreach (int row in classes > 0 ? rows : [])
        {
            count[ClassOf(store, row)]++;
        }

        return count;
    }

    private static bool AnyCounts(RowStore store, ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
        {
            if (store.Weight(row) > 0)
            {
                return true;
            }
        }

        return false;
    }
}
