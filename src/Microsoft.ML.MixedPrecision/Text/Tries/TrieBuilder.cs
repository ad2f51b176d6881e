namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Lays the nodes of a <see cref="TokenTrie"/> into an array, level by level, each family at the first place where it
/// fits.</summary>
internal sealed class TrieBuilder
{
    /// <summary>Families tried at one place before the places before it are given up.</summary>
    private const int Patience = 64;

    private readonly IReadOnlyList<string> _tokens;

    // Ids of the tokens in the order of their codes: all that begin alike are neighbours.
    private readonly int[] _order;
    private readonly int _codeCount;

    private TrieNode[] _nodes;
    private int _firstFree = 1;
    private int _used = 1;

    /// <summary>A builder.</summary>
    /// <param name="tokens">The tokens.</param>
    public TrieBuilder(IReadOnlyList<string> tokens)
    {
        _tokens = tokens;
        Codes = new ushort[char.MaxValue + 1];
        _codeCount = NumberUnits(tokens, Codes);
        _order = [.. Enumerable.Range(0, tokens.Count).Where(id => tokens[id].Length > 0)];
        Array.Sort(_order, Compare);
        _nodes = [];
        Grow(_codeCount + 1);
        _nodes[TokenTrie.Root] = new TrieNode(0, TokenTrie.None, TokenTrie.None);
    }

    /// <summary>A small number for each unit of the tokens, the smaller the more frequent.</summary>
    public ushort[] Codes { get; }

    /// <summary>Builds the array.</summary>
    public TrieNode[] Build()
    {
        var families = new Queue<(int Node, int Start, int End, int Depth)>();
        families.Enqueue((TokenTrie.Root, 0, _order.Length, 0));
        var children = new List<(ushort Code, int Start, int End)>();
        while (families.TryDequeue(out (int Node, int Start, int End, int Depth) family))
        {
            Collect(family.Start, family.End, family.Depth, children);
            if (children.Count == 0)
            {
                continue;
            }

            int place = Place(children);
            _nodes[family.Node] = _nodes[family.Node] with { Base = place };
            foreach ((ushort code, int start, int end) in children)
            {
                _nodes[place + code] = new TrieNode(0, family.Node, IdAt(start, end, family.Depth + 1));
                families.Enqueue((place + code, start, end, family.Depth + 1));
            }
        }

        // No step leads beyond: the largest base and the largest code are within.
        Array.Resize(ref _nodes, _used + _codeCount + 1);
        return _nodes;
    }

    private static int NumberUnits(IReadOnlyList<string> tokens, ushort[] codes)
    {
        var counts = new int[codes.Length];
        foreach (string token in tokens)
        {
            foreach (char unit in token)
            {
                counts[unit]++;
            }
        }

        int[] units = [.. Enumerable.Range(0, counts.Length).Where(unit => counts[unit] > 0).OrderByDescending(unit => counts[unit])];
        for (int rank = 0; rank < units.Length; rank++)
        {
            // 65,535 different units at most: half a surrogate pair never stands alone in a token, nor does U+FFFF.
            codes[units[rank]] = checked((ushort)(rank + 1));
        }

        return units.Length;
    }

    /// <summary>By codes, a beginning before what goes on it, and of equal tokens the last one last.</summary>
    private int Compare(int x, int y)
    {
        string a = _tokens[x], b = _tokens[y];
        for (int at = 0; at < Math.Min(a.Length, b.Length); at++)
        {
            if (a[at] != b[at])
            {
                return Codes[a[at]] - Codes[b[at]];
            }
        }

        return a.Length != b.Length ? a.Length - b.Length : x - y;
    }

    private void Collect(int start, int end, int depth, List<(ushort Code, int Start, int End)> children)
    {
        children.Clear();
        for (int at = start; at < end; at++)
        {
            string token = _tokens[_order[at]];
            if (token.Length == depth)
            {
                continue;
            }

            ushort code = Codes[token[depth]];
            if (children.Count > 0 && children[^1].Code == code)
            {
                children[^1] = (code, children[^1].Start, at + 1);
            }
            else
            {
                children.Add((code, at, at + 1));
            }
        }
    }

    private int IdAt(int start, int end, int length)
    {
        int id = TokenTrie.None;
        for (int at = start; at < end && _tokens[_order[at]].Length == length; at++)
        {
            id = _order[at];
        }

        return id;
    }

    private int Place(List<(ushort Code, int Start, int End)> children)
    {
        while (_nodes[_firstFree].Parent != TokenTrie.None)
        {
            Grow(++_firstFree + _codeCount + 1);
        }

        int tries = 0;
        for (int place = Math.Max(1, _firstFree - children[0].Code); ; place++)
        {
            Grow(place + _codeCount + 1);
            if (children.TrueForAll(child => _nodes[place + child.Code].Parent == TokenTrie.None))
            {
                _used = Math.Max(_used, place + children[^1].Code + 1);
                _firstFree = tries > Patience ? place : _firstFree;
                return place;
            }

            tries++;
        }
    }

    private void Grow(int length)
    {
        int before = _nodes.Length;
        if (length > before)
        {
            Array.Resize(ref _nodes, Math.Max(length, 2 * before));
            Array.Fill(_nodes, new TrieNode(0, TokenTrie.None, TokenTrie.None), before, _nodes.Length - before);
        }
    }
}
