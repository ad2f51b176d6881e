namespace Microsoft.ML.MixedPrecision.Onnx.Safety.Rules;

/// <summary>
/// Checks the lists that a tree ensemble is written in: that they belong together, that every tree is one, and that its leaves add to
/// targets
/// that exist. ONNX Runtime follows them by recursion, with the depth of the tree.
/// </summary>
internal static class TreeCheck
{
    private const int MaxTreeDepth = 512;

    private static readonly HashSet<string> Modes = [
        "BRANCH_LEQ",
        "BRANCH_LT",
        "BRANCH_GTE",
        "BRANCH_GT",
        "BRANCH_EQ",
        "BRANCH_NEQ",
        "LEAF"];

    /// <summary>Checks an ensemble.</summary>
    /// <param name="call">The node.</param>
    /// <param name="prefix">How the lists of targets are named: <c>target</c> or <c>class</c>.</param>
    /// <param name="targets">Number of targets.</param>
    /// <param name="features">Number of features.</param>
    /// <exception cref="OnnxModelRefusedException">The lists contradict each other.</exception>
    public static void Check(OperatorCall call, string prefix, long targets, long features)
    {
        long[] trees = Column(call, "nodes_treeids"), ids = Column(call, "nodes_nodeids");
        string[] modes = call.Strings("nodes_modes");
        int nodes = trees.Length;
        long[] yes = Column(call, "nodes_truenodeids", nodes), no = Column(call, "nodes_falsenodeids", nodes), columns = Column(
            call,
            "nodes_featureids",
            nodes);
        if (nodes == 0 || ids.Length != nodes || modes.Length != nodes || Numbers(call, "nodes_values") != nodes)
        {
            throw call.Refuse($"its lists of nodes have different lengths, of which nodes_treeids has {nodes}");
        }

        if (targets < 1 || Array.Exists(columns, column => column < 0 || column >= features) || !Array.TrueForAll(modes, Modes.Contains))
        {
            throw call.Refuse($"a node asks for a feature beyond the {features} there are, or has an unknown mode, or there are "
                + $"{targets} targets");
        }

        var index = new Dictionary<(long Tree, long Node), int>();
        for (int i = 0; i < nodes; i++)
        {
            if (!index.TryAdd((trees[i], ids[i]), i))
            {
                throw call.Refuse($"node {ids[i]} of tree {trees[i]} occurs twice");
            }
        }

        Walk(call, trees, modes, [.. Enumerable.Range(0, nodes).Select(i => (Child(i, yes), Child(i, no)))]);
        CheckTargets(call, prefix, targets, index, modes);

        int Child(int node, long[] children) => modes[node] == "LEAF" ? -1
            : index.TryGetValue((trees[node], children[node]), out int child) ? child
            : throw call.Refuse($"node {ids[node]} of tree {trees[node]} leads to node {children[node]}, which does not exist");
    }

    /// <summary>From the first node of each tree every node must be reached exactly once.</summary>
    private static void Walk(OperatorCall call, long[] trees, string[] modes, (int Yes, int No)[] children)
    {
        var reached = new bool[trees.Length];
        var open = new Stack<(int Node, int Depth)>();
        var roots = new HashSet<long>();
        for (int root = 0; root < trees.Length; root++)
        {
            if (roots.Add(trees[root]))
            {
                open.Push((root, 1));
            }

            while (open.TryPop(out var next))
            {
                if (reached[next.Node] || next.Depth > MaxTreeDepth)
                {
                    throw call.Refuse($"tree {trees[next.Node]} has a node that two others lead to, or is deeper than {MaxTreeDepth}");
                }

                reached[next.Node] = true;
                if (modes[next.Node] != "LEAF")
                {
                    open.Push((children[next.Node].Yes, next.Depth + 1));
                    open.Push((children[next.Node].No, next.Depth + 1));
                }
            }
        }

        if (Array.IndexOf(reached, false) is >= 0 and var lost)
        {
            throw call.Refuse($"tree {trees[lost]} has a node to which none leads");
        }
    }

    private static void CheckTargets(
        OperatorCall call,
        string prefix,
        long targets,
        Dictionary<(long Tree, long Node),
        int> index,
        string[] modes)
    {
        long[] trees = Column(call, prefix + "_treeids");
        long[] nodes = Column(call, prefix + "_nodeids", trees.Length), ids = Column(call, prefix + "_ids", trees.Length);
        if (Numbers(call, prefix + "_weights") != trees.Length)
        {
            throw call.Refuse($"its lists of {prefix} have different lengths, of which {prefix}_treeids has {trees.Length}");
        }

        for (int i = 0; i < trees.Length; i++)
        {
            if (ids[i] < 0 || ids[i] >= targets || !index.TryGetValue((trees[i], nodes[i]), out int node) || modes[node] != "LEAF")
            {
                throw call.Refuse($"node {nodes[i]} of tree {trees[i]} adds to {prefix} {ids[i]} of {targets}, or is no leaf");
            }
        }
    }

    private static long[] Column(OperatorCall call, string name, int length = -1)
    {
        long[] column = call.Ints(name) ?? [];
        return length < 0 || column.Length == length
            ? column
            : throw call.Refuse($"'{name}' has {column.Length} entries, where {length} belong");
    }

    /// <summary>Entries of a list of numbers, which newer files may have as a tensor.</summary>
    private static long Numbers(OperatorCall call, string name)
        => call.Tensor(name + "_as_tensor") is { } tensor ? TensorCheck.SizeOf(tensor).Elements : call.FloatCount(name);
}
