using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>Where the columns of staged rows go in a step: every input of the plan, the losses' targets and weights among them.</summary>
internal sealed class StagedColumns
{
    private readonly StepParts _parts;
    private readonly int[] _inputs;
    private readonly RowDestination[] _places;

    /// <summary>Finds each input's column.</summary>
    /// <param name="parts">What the step works on.</param>
    /// <param name="store">The rows.</param>
    /// <param name="widens">Whether the engine widens numbers to Float32.</param>
    /// <exception cref="ArgumentException">The rows lack a column, or have one as the plan does not take it, or other targets than the loss
    /// reads.</exception>
    public StagedColumns(StepParts parts, RowStore store, bool widens)
    {
        parts.RequireTargets(store);
        _parts = parts;
        _inputs = InputColumns.Of(store.Schema, parts.Layout.Inputs, widens);
        _places = new RowDestination[_inputs.Length];
        Value? entries = parts.Layout.Inputs.FirstOrDefault(input => input.Kind == ElementKind.Entry);
        if (entries is not null && entries.Columns < store.LongestRow)
        {
            throw new ArgumentException(
                $"The plan was made for {entries.Columns} entries of a row; the longest row of the store has {store.LongestRow}. Set "
                    + $"{nameof(PlanSettings.LongestRow)}.",
                nameof(store));
        }
    }

    /// <summary>Has the plan's values be those of a micro-batch, and says where its columns go. Allocates nothing.</summary>
    /// <param name="batch">What it has.</param>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlySpan<RowDestination> BeginBatch(BatchSize batch)
    {
        _parts.Context.SetBatch(batch);
        for (int i = 0; i < _inputs.Length; i++)
        {
            Value input = _parts.Layout.Inputs[i];
            _places[i] = input.Kind == ElementKind.Number
                ? new RowDestination(_inputs[i], _parts.Context[input])
                : new RowDestination(_inputs[i], _parts.Context.Words(input));
        }

        return _places;
    }
}
