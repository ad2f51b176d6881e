using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>The tensors of a safetensors file, or of several that an index names. Files are opened for each read and not held.</summary>
/// <remarks>Source: https://huggingface.co/docs/safetensors; the index is that of the transformers library: <c>weight_map</c>, from
/// a tensor's name to the file that has it.</remarks>
internal sealed class SafetensorsFiles : ITensorSource
{
    private const string WeightMap = "weight_map";

    /// <summary>Numbers that are read at a time.</summary>
    private const int PieceLength = 1 << 20;

    private readonly Dictionary<string, (string File, long Start, TensorEntry Entry)> _places = new(StringComparer.Ordinal);

    private SafetensorsFiles(string path) => Path = path;

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<long>> Shapes
        => field ??= _places.ToDictionary(place => place.Key, place => place.Value.Entry.Shape, StringComparer.Ordinal);

    /// <summary>Opens one file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is damaged; the message says what is.</exception>
    public static SafetensorsFiles Open(string path)
    {
        var files = new SafetensorsFiles(path);
        files.Add(path);
        return files;
    }

    /// <summary>Opens all files that an index names.</summary>
    /// <param name="path">The index, which lies beside them.</param>
    /// <exception cref="InvalidDataException">It, or one of them, is damaged, or they do not hold what it says.</exception>
    /// <exception cref="FileNotFoundException">One of them is missing.</exception>
    public static SafetensorsFiles OpenIndex(string path)
    {
        using var index = new PretrainedJson(path);
        IReadOnlyDictionary<string, string> map = index.Texts(WeightMap);
        var files = new SafetensorsFiles(path);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        foreach (string name in map.Values.Distinct(StringComparer.Ordinal))
        {
            if (name != System.IO.Path.GetFileName(name) || name.Length == 0)
            {
                throw new InvalidDataException($"'{path}' names the file '{name}'; only names of files beside it are allowed. Use an "
                    + "index from a source that you trust.");
            }

            string file = System.IO.Path.Combine(folder, name);
            if (!File.Exists(file))
            {
                throw new FileNotFoundException($"There is no '{file}', in which '{path}' has weights. Download all files of the model.",
                    file);
            }

            files.Add(file);
        }

        foreach ((string tensor, string name) in map)
        {
            if (!files._places.TryGetValue(tensor, out var place) || System.IO.Path.GetFileName(place.File) != name)
            {
                throw new InvalidDataException($"'{path}' says that '{tensor}' is in '{name}', which does not have it. Download the "
                    + "files of one version of the model.");
            }
        }

        return files;
    }

    /// <inheritdoc/>
    public float[] Read(string name)
    {
        (string path, long start, TensorEntry entry) = _places[name];
        int bytes = TensorNumbers.BytesOf(entry.DType) ?? throw new InvalidDataException($"The tensor '{name}' of '{path}' is "
            + $"{entry.DType}; {TensorNumbers.Allowed}. Save the model in one of these formats.");
        var values = new float[entry.Bytes / bytes];
        using FileStream stream = File.OpenRead(path);
        stream.Position = start + entry.Start;
        var piece = new byte[Math.Min(PieceLength, values.Length) * bytes];
        for (int at = 0; at < values.Length; at += PieceLength)
        {
            Span<float> to = values.AsSpan(at, Math.Min(PieceLength, values.Length - at));
            stream.ReadExactly(piece, 0, to.Length * bytes);
            TensorNumbers.Read(entry.DType, piece, to);
        }

        return values;
    }

    private void Add(string path)
    {
        using FileStream stream = File.OpenRead(path);
        try
        {
            var header = TensorHeader.Read(stream, stream.Length, out long dataBytes);
            foreach (TensorEntry entry in header.Entries)
            {
                Check(entry, dataBytes);
                if (!_places.TryAdd(entry.Name, (path, stream.Position, entry)))
                {
                    throw new InvalidDataException($"there are two tensors '{entry.Name}'");
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' is no undamaged safetensors file: {e.Message} Download it again.", e);
        }
    }

    private static void Check(TensorEntry entry, long dataBytes)
    {
        long needed = TensorEntry.BytesOf(entry.DType, entry.Shape);
        if (entry.Start < 0 || entry.End < entry.Start || entry.End > dataBytes || entry.Bytes != needed || needed > Array.MaxLength)
        {
            throw new InvalidDataException($"the tensor '{entry.Name}' of [{string.Join(", ", entry.Shape)}] {entry.DType} takes {needed} "
                + $"bytes, at most {Array.MaxLength} are read, and it should lie from byte {entry.Start} to {entry.End} of {dataBytes}.");
        }
    }
}
