using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>Where the columns of staged rows go in a step: every input of the plan, the loss's targets and weights.</summary>
internal sealed unsafe class StagedColumns
{
    private readonly StepParts _parts;
    private readonly RowSchema _schema;
    private readonly int[] _inputs;
    private readonly int _target;
    private readonly int _weight;
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
        (_parts, _schema) = (parts, store.Schema);
        _inputs = InputColumns.Of(_schema, parts.Layout.Inputs, widens);
        _target = _schema.IndexOf(RowSchema.Target);
        _weight = _schema.Find(RowSchema.Weight);
        _places = new RowDestination[_inputs.Length + (_weight < 0 ? 1 : 2)];
    }

    /// <summary>The places of a micro-batch, valid until the next call. Allocates nothing.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="targets">Receives the loss's targets.</param>
    /// <param name="weights">Receives the loss's weights.</param>
    public ReadOnlySpan<RowDestination> PlacesOf(int rows, int* targets, float* weights)
    {
        FindInputs(rows);
        int next = _inputs.Length;
        _places[next++] = Loss(_target, rows, (nint)targets);
        if (_weight >= 0)
        {
            _places[next] = Loss(_weight, rows, (nint)weights);
        }

        return _places;
    }

    private void FindInputs(int rows)
    {
        _parts.Context.SetExamples(rows);
        for (int i = 0; i < _inputs.Length; i++)
        {
            Value input = _parts.Layout.Inputs[i];
            _places[i] = input.Kind == ElementKind.Number
                ? new RowDestination(_inputs[i], _parts.Context[input])
                : new RowDestination(_inputs[i], _parts.Context.Words(input));
        }
    }

    private RowDestination Loss(int column, int rows, nint address)
    {
        SchemaColumn its = _schema.Columns[column];
        return new RowDestination(column, new Words(address, its.Kind, its.Shape.RowsOf(rows), its.Shape.Columns));
    }
}
