using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The rows of the training set, of which <see cref="MlpTrainerOptions.ValidationFraction"/> holds some back to validate: what is on either side, and whether a network can learn from it.</summary>
internal sealed class TrainingSplit
{
    private readonly LabelledColumns _columns;
    private readonly string _place;
    private readonly long[] _trainOfClass;
    private readonly long[] _heldBackOfClass;
    private readonly bool _countsInTraining;
    private readonly bool _countsInValidation;

    /// <summary>Divides the rows, as training will.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="columns">The columns that they were read from.</param>
    /// <param name="rowsOfClass">Rows of each class; empty where labels are numbers.</param>
    /// <param name="fraction">Share that validates; 0 for none.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <exception cref="InvalidOperationException">There are not enough rows for two sides.</exception>
    public TrainingSplit(ExampleStore store, LabelledColumns columns, IReadOnlyList<long> rowsOfClass, float fraction, int seed)
    {
        if (fraction > 0 && store.Rows < 2)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"ValidationFraction is {fraction}, but there is {store.Rows} labelled row; at least 2 are needed. Give more rows, or set ValidationFraction to 0."));
        }

        _columns = columns;
        _place = string.Create(CultureInfo.InvariantCulture, $"With ValidationFraction {fraction} and seed {seed}, ");
        var order = new RowOrder(store.Rows, fraction, seed);
        HeldBack = order.Validation;
        TrainRows = order.TrainRows;
        _heldBackOfClass = CountClasses(store, HeldBack, rowsOfClass.Count);
        _trainOfClass = [.. rowsOfClass.Zip(_heldBackOfClass, (all, heldBack) => all - heldBack)];
        _countsInTraining = AnyCounts(store, order.Train);
        _countsInValidation = HeldBack.Length == 0 || AnyCounts(store, HeldBack);
    }

    /// <summary>Numbers of the rows that validate.</summary>
    public int[] HeldBack { get; }

    /// <summary>Number of rows that train.</summary>
    public int TrainRows { get; }

    /// <summary>Rows of each class that train; empty where labels are numbers.</summary>
    public IReadOnlyList<long> TrainOfClass => _trainOfClass;

    /// <summary>What <see cref="UnseenClasses"/> says of the rows held back.</summary>
    public string? UnseenHeldBack => UnseenClasses("rows that ValidationFraction held back", _heldBackOfClass);

    /// <summary>Checks that on either side a row counts, and that there is something to tell apart.</summary>
    /// <param name="needsTwoClasses">Whether the rows that train must have two classes.</param>
    /// <exception cref="InvalidOperationException">They do not; or all rows of a side weigh 0, so that its loss means nothing.</exception>
    public void Check(bool needsTwoClasses)
    {
        const string remedy = "Set another Seed or share, or give the validation rows apart, as ValidationSet.";
        string[] factors = [.. _columns.Weight is { } column ? [$"column '{column.Name}'"] : (string[])[], .. _trainOfClass.Length > 0 ? ["its class's weight"] : (string[])[]];
        if (!_countsInTraining || !_countsInValidation)
        {
            throw new InvalidOperationException($"{_place}no row that {(_countsInTraining ? "validates" : "trains")} weighs more than 0 by {string.Join(" times ", factors)}; at least one must. {remedy}");
        }

        if (needsTwoClasses && _trainOfClass.Count(rows => rows > 0) == 1)
        {
            string same = $"has the same class, {_columns.NameOfClass(Array.FindIndex(_trainOfClass, rows => rows > 0))} of column '{_columns.Label.Name}'; there must be at least two.";
            throw new InvalidOperationException(_trainOfClass.Zip(_heldBackOfClass).Count(rows => rows.First + rows.Second > 0) == 1
                ? $"Every labelled row of the training set {same} Check the label column, and whether the rows were sorted before they were split."
                : $"{_place}every row that trains {same} {remedy}");
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
            : string.Create(CultureInfo.InvariantCulture, $"{unseen.Sum(label => validation[label])} {what} have a label in column '{_columns.Label.Name}' that no training row has: {string.Join(", ", unseen.Take(10).Select(_columns.NameOfClass))}{(unseen.Length > 10 ? ", …" : "")}. The network cannot learn to predict it; check how the data were split.");
    }

    private long[] CountClasses(ExampleStore store, int[] rows, int classes)
    {
        long[] count = new long[classes];
        foreach (int row in classes > 0 ? rows : [])
        {
            int target = store.Targets(row)[0];
            count[_columns.LabelKind == LabelKind.Key ? target : BitConverter.Int32BitsToSingle(target) > 0 ? 1 : 0]++;
        }

        return count;
    }

    private static bool AnyCounts(ExampleStore store, ReadOnlySpan<int> rows)
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
