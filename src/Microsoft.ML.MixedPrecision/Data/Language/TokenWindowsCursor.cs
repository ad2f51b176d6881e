using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Goes from window to window, and from text to text.</summary>
internal sealed class TokenWindowsCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _source;
    private readonly ValueGetter<ReadOnlyMemory<char>> _getText;
    private readonly DataViewSchema.Column? _weight;
    private readonly ValueGetter<float>? _getWeight;
    private readonly HashSet<int> _active;
    private readonly TokenWindows _windows;
    private readonly int _most;
    private ReadOnlyMemory<char> _text;
    private int _window;
    private long _position = -1;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose it is.</param>
    /// <param name="source">Cursor over the texts; this one owns it.</param>
    /// <param name="text">Column of the text.</param>
    /// <param name="weight">Column of weights; null where none are wanted.</param>
    /// <param name="columns">The view's columns that are wanted.</param>
    public TokenWindowsCursor(
        TokenWindowsView view,
        DataViewRowCursor source,
        DataViewSchema.Column text,
        DataViewSchema.Column? weight,
        IEnumerable<DataViewSchema.Column> columns)
    {
        (Schema, _source, _weight, _most) = (view.Schema, source, weight, view.Most);
        _getText = source.GetGetter<ReadOnlyMemory<char>>(text);
        _getWeight = weight is { Type: NumberDataViewType } column && column.Type.RawType == typeof(float)
            ? source.GetGetter<float>(column)
            : null;
        _active = [.. columns.Select(column => column.Index)];
        _windows = new TokenWindows(view.Tokenizer, view.Most);
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _source.Batch;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _window++;
        while (_position < 0 || _window >= _windows.Count)
        {
            if (!_source.MoveNext())
            {
                _position = -1;
                return false;
            }

            CheckWeight();
            _getText(ref _text);
            _windows.Read(_text.ToString());
            _window = 0;
            if (_windows.Count > 0)
            {
                break;
            }
        }

        _position++;
        return true;
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The column is not active, or holds values of another type.</exception>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentException($"Column '{column.Name}' is not active; name it when the cursor is opened.", nameof(column));
        }

        Delegate getter = column.Index switch
        {
            0 => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> tokens) => TokenVector.Copy(_windows.Read(_window), _most, ref tokens)),
            1 => (ValueGetter<VBuffer<int>>)Places,
            2 => (ValueGetter<VBuffer<uint>>)Next,
            _ => _source.GetGetter<TValue>(_weight!.Value),
        };
        return getter as ValueGetter<TValue>
            ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Here, where the text's row is known: to whom reads windows it is a window's.</summary>
    /// <exception cref="InvalidOperationException">The weight is negative or not finite.</exception>
    private void CheckWeight()
    {
        float weight = 0;
        _getWeight?.Invoke(ref weight);
        if (!(weight >= 0 && float.IsFinite(weight)))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{new RowPlace(_weight!.Value.Name, _source)} "
                + $"holds {weight}; weights must be finite and at least 0. Correct it, or drop the row."));
        }
    }

    private void Places(ref VBuffer<int> places)
    {
        VBufferEditor<int> editor = VBufferEditor.Create(ref places, _windows.Read(_window).Length);
        for (int place = 0; place < editor.Values.Length; place++)
        {
            editor.Values[place] = place;
        }

        places = editor.Commit();
    }

    private void Next(ref VBuffer<uint> keys)
    {
        ReadOnlySpan<int> ids = _windows.Predicted(_window);
        VBufferEditor<uint> editor = VBufferEditor.Create(ref keys, ids.Length);
        for (int place = 0; place < ids.Length; place++)
        {
            editor.Values[place] = (uint)ids[place] + 1;
        }

        keys = editor.Commit();
    }
}
