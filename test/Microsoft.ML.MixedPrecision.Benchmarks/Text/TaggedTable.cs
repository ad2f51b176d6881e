using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>Sentences with a tag for each word.</summary>
/// <param name="Train">Sentences to learn from.</param>
/// <param name="Test">Sentences to be tested on.</param>
internal sealed record TaggedTable(TaggedRow[] Train, TaggedRow[] Test)
{
    /// <summary>Its name.</summary>
    public const string Name = "brown";

    private const int TestShare = 4;

    /// <summary>Reads it: one sentence in four, drawn, is the test, and of the others so many at most are learned from.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="rows">Most sentences to learn from.</param>
    /// <param name="seed">Of the draw.</param>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static TaggedTable Read(string folder, int rows, int seed)
    {
        string file = Path.Combine(folder, Name + ".tsv");
        if (!File.Exists(file))
        {
            throw new UsageException($"There is no '{file}': run Text/Data/brown.sh, or name the folder with --data.");
        }

        TaggedRow[] all = [.. File.ReadLines(file).Select(line => line.Split('\t', 2)).Select(
            parts => new TaggedRow { Tags = parts[0].Split(' '), Words = parts[1].Split(' ') })];
        new Random(seed).Shuffle(all);
        int test = all.Length / TestShare;
        return new TaggedTable([.. all.Skip(test).Take(rows)], all[..test]);
    }

    /// <summary>Tags each word as most of its like in the sentences to learn from; one that is not there as most words are.</summary>
    public string[][] MostFrequentTags()
    {
        var tags = new Dictionary<string, Dictionary<string, int>>();
        var all = new Dictionary<string, int>();
        foreach ((string word, string tag) in Train.SelectMany(row => row.Words.Zip(row.Tags)))
        {
            if (!tags.TryGetValue(word, out Dictionary<string, int>? its))
            {
                tags.Add(word, its = []);
            }

            its[tag] = its.GetValueOrDefault(tag) + 1;
            all[tag] = all.GetValueOrDefault(tag) + 1;
        }

        string most = Most(all);
        Dictionary<string, string> best = tags.ToDictionary(pair => pair.Key, pair => Most(pair.Value));
        return [.. Test.Select(row => Array.ConvertAll(row.Words, word => best.GetValueOrDefault(word, most)))];
    }

    /// <summary>Share of the test's words whose tag is right.</summary>
    /// <param name="predicted">Tags of each sentence.</param>
    public double Accuracy(IReadOnlyList<string[]> predicted)
    {
        int right = Test.Zip(predicted).Sum(pair => pair.First.Tags.Zip(pair.Second).Count(both => both.First == both.Second));
        return (double)right / Test.Sum(row => row.Tags.Length);
    }

    private static string Most(Dictionary<string, int> tags)
        => tags.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key;
}

/// <summary>A sentence.</summary>
internal sealed class TaggedRow
{
    /// <summary>Its words.</summary>
    public string[] Words { get; set; } = [];

    /// <summary>Their tags.</summary>
    public string[] Tags { get; set; } = [];
}
