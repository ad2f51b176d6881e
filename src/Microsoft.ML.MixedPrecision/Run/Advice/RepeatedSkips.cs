namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>
/// Finds rows that are in a skipped step in every epoch that skips any. Since each epoch has another order, the rows beside them change:
/// those that stay are the cause,
/// once so few would be left by chance that there should be none.
/// </summary>
internal sealed class RepeatedSkips
{
    /// <summary>Rows that chance may be expected to leave.</summary>
    private const double MostByChance = 0.01;

    /// <summary>Share of the rows above which an epoch tells nothing: the search for a scale, or a training that diverged.</summary>
    private const double MostOfRows = 0.25;

    /// <summary>Fewer epochs are not again and again.</summary>
    private const int FewestEpochs = 3;

    private HashSet<int> _rows = [];
    private double _byChance;

    /// <summary>Epochs that skipped steps with all of <see cref="Rows"/>.</summary>
    public int Epochs { get; private set; }

    /// <summary>The rows that were in a skipped step in each of them, whatever the reason.</summary>
    public IReadOnlyCollection<int> Rows => _rows;

    /// <summary>Whether the rows are the cause.</summary>
    public bool AreTheCause => Epochs >= FewestEpochs && _rows.Count > 0 && _byChance < MostByChance;

    /// <summary>What the epochs so far have left.</summary>
    public RepeatedSkipsState Capture() => new([.. _rows], _byChance, Epochs);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What the epochs before had left.</param>
    public void Resume(RepeatedSkipsState state) => (_rows, _byChance, Epochs) = ([.. state.Rows], state.ByChance, state.Epochs);

    /// <summary>Takes note of an epoch.</summary>
    /// <param name="skipped">Rows of its steps that were skipped at the first attempt.</param>
    /// <param name="all">All its rows.</param>
    public void Add(IReadOnlyCollection<int> skipped, int all)
    {
        double share = (double)skipped.Count / all;
        if (share is 0 or > MostOfRows)
        {
            return;
        }

        _rows.IntersectWith(skipped);
        if (_rows.Count == 0)
        {
            (_rows, _byChance, Epochs) = ([.. skipped], all, 0);
        }

        _byChance *= share;
        Epochs++;
    }
}
