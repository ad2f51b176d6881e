namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Tokens by their beginnings: the longest one that a text begins with is found in one look-up a unit. All nodes are in one array: the
/// child of node n for a unit is at base(n) + code(unit), if n is its parent. Immutable.
/// </summary>
/// <remarks>Source: Aoe 1989, "An Efficient Digital Search Algorithm by Using a Double-Array Structure".</remarks>
internal sealed class TokenTrie
{
    /// <summary>The node that all tokens begin at.</summary>
    public const int Root = 0;

    /// <summary>No node, and no id.</summary>
    public const int None = -1;

    private readonly TrieNode[] _nodes;

    /// <summary>A small number for each unit, 0 for those in no token.</summary>
    private readonly ushort[] _codes;

    /// <summary>A trie of tokens, each with its place in the list as id; of equal ones the last counts, empty ones are left out.</summary>
    /// <param name="tokens">The tokens.</param>
    public TokenTrie(IReadOnlyList<string> tokens)
    {
        var builder = new TrieBuilder(tokens);
        _nodes = builder.Build();
        _codes = builder.Codes;
    }

    /// <summary>The node that a text leads to.</summary>
    /// <param name="text">The text.</param>
    /// <returns><see cref="None"/> where no token begins so.</returns>
    public int NodeOf(ReadOnlySpan<char> text)
    {
        int node = Root;
        foreach (char unit in text)
        {
            int next = _nodes[node].Base + _codes[unit];
            if (_nodes[next].Parent != node)
            {
                return None;
            }

            node = next;
        }

        return node;
    }

    /// <summary>Finds the longest token that a text begins with.</summary>
    /// <param name="node">Where to begin; what led there counts as the token's beginning. <see cref="None"/> finds nothing.</param>
    /// <param name="text">The text.</param>
    /// <param name="length">Units of the text that the token takes; 0 where there is none.</param>
    /// <returns>Its id.</returns>
    public int Longest(int node, ReadOnlySpan<char> text, out int length)
    {
        length = 0;
        int id = None;
        if (node == None)
        {
            return id;
        }

        TrieNode[] nodes = _nodes;
        ushort[] codes = _codes;
        for (int at = 0; at < text.Length; at++)
        {
            int next = nodes[node].Base + codes[text[at]];
            ref readonly TrieNode child = ref nodes[next];
            if (child.Parent != node)
            {
                break;
            }

            node = next;
            if (child.Id != None)
            {
                id = child.Id;
                length = at + 1;
            }
        }

        return id;
    }
}
