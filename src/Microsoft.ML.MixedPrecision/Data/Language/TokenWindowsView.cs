using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>
/// The windows of all texts (<see cref="TokenWindows"/>) as rows of token labels: the tokens that are read, a vector of Single of T slots,
/// of each its id and 1 more; the place of each, a vector of Int32; the token that is predicted there, a vector of keys; and the text's
/// weight, where there are weights. A text without tokens has no window.
/// </summary>
internal sealed class TokenWindowsView : IDataView
{
    private readonly IDataView _source;
    private readonly DataViewSchema.Column _text;
    private readonly DataViewSchema.Column? _weight;

    /// <summary>Cuts texts, as they are read.</summary>
    /// <param name="source">Rows of texts.</param>
    /// <param name="text">Column of the text.</param>
    /// <param name="weight">Column of weights; null for none.</param>
    /// <param name="tokenizer">Makes tokens.</param>
    /// <param name="most">T.</param>
    public TokenWindowsView(IDataView source, string text, string? weight, Tokenizer tokenizer, int most)
    {
        (_source, Tokenizer, Most) = (source, tokenizer, most);
        _text = source.Schema[text];
        _weight = weight is null ? null : source.Schema.GetColumnOrNull(weight);
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(
            TextTokensEstimator.NameOf([text]),
            new VectorDataViewType(NumberDataViewType.Single, most),
            TokenVocabulary.Of(tokenizer.Count));
        builder.AddColumn(WordTokensEstimator.PlacesOf(text), new VectorDataViewType(NumberDataViewType.Int32), null);
        builder.AddColumn(NextOf(text), new VectorDataViewType(new KeyDataViewType(typeof(uint), tokenizer.Count)), null);
        if (_weight is { } column)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        Schema = builder.ToSchema();
    }

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <summary>Makes tokens.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Tokens of a window at most.</summary>
    public int Most { get; }

    /// <summary>What the column of predicted tokens is called.</summary>
    /// <param name="text">Column of the text.</param>
    public static string NextOf(string text) => $"Next({text})";

    /// <inheritdoc/>
    /// <remarks>Not known before the texts are cut.</remarks>
    public long? GetRowCount() => null;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        bool hasWeights = _weight is not null && columns.Any(column => column.Name == _weight.Value.Name);
        DataViewSchema.Column[] read = hasWeights ? [_text, _weight!.Value] : [_text];
        return new TokenWindowsCursor(this, _source.GetRowCursor(read), _text, hasWeights ? _weight : null, columns);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];
}
