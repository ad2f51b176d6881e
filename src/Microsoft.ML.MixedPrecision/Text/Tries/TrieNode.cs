namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A node of a <see cref="TokenTrie"/>.</summary>
/// <param name="Base">Where its children begin.</param>
/// <param name="Parent">The node that it is a child of; −1 for a free place.</param>
/// <param name="Id">The token that ends here; −1 for none.</param>
internal readonly record struct TrieNode(int Base, int Parent, int Id);
