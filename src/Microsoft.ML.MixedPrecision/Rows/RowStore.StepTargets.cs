namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>A target at each step of a sequence: <see cref="RowSchema.StepClasses"/>.</content>
internal sealed unsafe partial class RowStore
{
    /// <summary>Whether steps of a row's sequence have each a target of their own.</summary>
    public bool HasStepTargets => _target >= 0 && Schema.Columns[_target].Shape.IsSequence;

    /// <summary>Appends a row.</summary>
    /// <param name="tokens">Of each token its id and 1 more, as of any row of sequences.</param>
    /// <param name="targets">Of each token its class from 1, or 0 for none.</param>
    /// <param name="weights">Of each token its weight; not kept without <see cref="HasWeights"/>, and empty there if need be.</param>
    /// <exception cref="ArgumentException">There are more or fewer targets, or weights, than tokens.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory left.</exception>
    /// <exception cref="InvalidOperationException">There are as many rows as an array can number; or an id or a target is outside of its
    /// limits; or targets are of whole rows.</exception>
    public void AppendSteps(in RowFeatures tokens, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!HasStepTargets)
        {
            throw new InvalidOperationException($"A row has one target; the rows have {Schema}.");
        }

        int rows = OneMore(Rows);
        MakeRoom();
        int row = Rows;
        WriteSequence(row, tokens);
        int length = *(int*)At(_lengths, row);
        if (targets.Length != length || (HasWeights && weights.Length != length))
        {
            throw new ArgumentException($"A row of {length} tokens has {targets.Length} targets and {weights.Length} weights; each token "
                + $"has one.", nameof(targets));
        }

        WriteSteps(_target, row, targets);
        if (HasWeights)
        {
            WriteSteps(_weight, row, weights);
        }

        _begun = row;
        CheckLimit(_target, row);
        Rows = rows;
    }

    /// <summary>Steps of a row that have a target.</summary>
    private int StepTargets(int row)
    {
        int length = LengthOf(row);
        return length - new ReadOnlySpan<int>(At(_target, row), length).Count(0);
    }

    private float LargestStepWeight(int row)
    {
        int length = LengthOf(row);
        var targets = new ReadOnlySpan<int>(At(_target, row), length);
        var weights = new ReadOnlySpan<float>(At(_weight, row), length);
        float largest = 0;
        for (int step = 0; step < length; step++)
        {
            largest = targets[step] != 0 ? Math.Max(largest, weights[step]) : largest;
        }

        return largest;
    }

    private void WriteSteps<T>(int column, int row, ReadOnlySpan<T> steps)
        where T : unmanaged
    {
        var to = new Span<T>(At(column, row), Schema.Columns[column].Shape.Rows);
        steps.CopyTo(to);
        to[steps.Length..].Clear();
    }
}
