using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Which columns of an ML.NET scorer's view are its source's, told by the scorer's own bindings. Their places do not tell: a new column
/// whose name the source has already stands right behind the one that it hides, and columns of the source follow it.
/// </summary>
/// <param name="scorer">The scorer's view.</param>
internal sealed class ScorerColumns(RowToRowScorerBase scorer)
{
    private readonly RowToRowScorerBase.BindingsBase _bindings = BindingsOf(scorer);

    /// <summary>The source's column that a column of the view is; null for one that the scorer adds.</summary>
    /// <param name="column">The column's place in the view.</param>
    public DataViewSchema.Column? SourceOf(int column)
        => _bindings.MapColumnIndex(out bool isSource, column) is var index && isSource ? scorer.Source.Schema[index] : null;

    // ML.NET lets only its own derived classes, all sealed, ask for the bindings.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetBindings")]
    private static extern RowToRowScorerBase.BindingsBase BindingsOf(RowToRowScorerBase scorer);
}
