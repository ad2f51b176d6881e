using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>
/// A folder with an encoder that was trained elsewhere: <see cref="EncoderConfig.FileName"/>; the weights, of which the first that is
/// there is read, <c>model.safetensors.index.json</c> with its shards, <c>model.safetensors</c>, <c>model.onnx</c> or
/// <c>onnx/model.onnx</c>; and its vocabulary (<see cref="VocabularyFile"/>).
/// </summary>
internal sealed class PretrainedEncoder
{
    /// <summary>What a folder must hold, for messages.</summary>
    public const string Allowed = "Give a folder with config.json, model.safetensors (or model.onnx) and vocab.txt, tokenizer.json or "
        + "vocab.json with merges.txt, as a model's page has them.";

    private readonly ITensorSource _source;
    private readonly string _prefix;

    /// <summary>Names of the file, by the names that <see cref="EncoderNames"/> has.</summary>
    private readonly Dictionary<string, string> _names;

    private PretrainedEncoder(EncoderConfig config, SpecialTokens special, ITensorSource source)
    {
        (Config, Special, _source) = (config, special, source);
        string? tokens = source.Shapes.Keys.FirstOrDefault(
            name => name == EncoderNames.Tokens || name.EndsWith("." + EncoderNames.Tokens, StringComparison.Ordinal));
        _prefix = tokens?[..^EncoderNames.Tokens.Length] ?? "";
        _names = source.Shapes.Keys.ToDictionary(Canonical, name => name, StringComparer.Ordinal);
    }

    /// <summary>Its sizes.</summary>
    public EncoderConfig Config { get; }

    /// <summary>Special tokens of its vocabulary.</summary>
    public SpecialTokens Special { get; }

    /// <summary>Whether it has a pooler.</summary>
    public bool HasPooler => _names.ContainsKey(EncoderNames.Pooler + ".weight");

    /// <summary>Reads sizes and names; weights are read by <see cref="Fill(Network)"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing; the message says which.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or of a model of another kind.</exception>
    public static PretrainedEncoder Open(string folder) => Directory.Exists(folder)
        ? new PretrainedEncoder(EncoderConfig.Read(folder), VocabularyFile.Read(folder).Special, Source(folder))
        : throw new DirectoryNotFoundException($"There is no folder '{folder}' to read pretrained weights from. {Allowed}");

    /// <summary>The network that its weights fit.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="outputs">Columns of a new last layer; null for none.</param>
    /// <param name="dropout">Share that training drops.</param>
    /// <param name="pooling">How the steps become one row, null: each has its own; before a last layer, <see cref="Pooling.Cls"/> has the
    /// pooler behind it, where there is one.</param>
    /// <exception cref="InvalidDataException">Rows are longer than its positions, or it knows fewer tokens than the vocabulary
    /// has.</exception>
    public Transformer Network(TokensInput input, int? outputs, float dropout, Pooling? pooling)
        => input.Rows > Config.MostTokens
            ? throw new InvalidDataException($"The weights of '{_source.Path}' are of texts of up to {Config.MostTokens} tokens, and "
                + $"MaxTokens is {input.Rows}. Set MaxTokens to {Config.MostTokens} at most.")
            : input.Vocabulary > Config.Vocabulary
            ? throw new InvalidDataException($"The weights of '{_source.Path}' are of {Config.Vocabulary} tokens, and the vocabulary has "
                + $"{input.Vocabulary}. Give the vocabulary that the weights were trained with.")
            : new Transformer(
                input,
                Config.Layers,
                Config.Width,
                Config.Heads,
                Config.FeedForward,
                outputs,
                dropout,
                IsPreNorm: false,
                pooling,
                Config.Epsilon,
                Config.Activation,
                Config.Types == 2 ? Special.Separator : null,
                HasPooler && pooling == Pooling.Cls && outputs is not null);

    /// <summary>Puts the weights into a network of <see cref="Network"/>; a last layer keeps what it has.</summary>
    /// <param name="network">The network.</param>
    /// <returns>Tensors of the file that the network has no place for, since they are of another task.</returns>
    /// <exception cref="InvalidDataException">Tensors are missing, of another shape, or left over; the message names them all. The network
    /// may then hold some of them.</exception>
    public IReadOnlyList<string> Fill(Network network)
    {
        Parameter[] parameters = [.. network.Parameters.Where(parameter => !IsOutput(parameter.Name))];
        var read = new HashSet<string>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (Parameter parameter in parameters)
        {
            Check(parameter, read, faults);
        }

        if (Config.Types == 1 || (Config.Types == 2 && Special.Separator is null))
        {
            Check(EncoderNames.Types, [Config.Types, Config.Width], read, faults);
        }

        string[] left = [.. _names.Keys.Where(name => !read.Contains(name)).Order(StringComparer.Ordinal)];
        faults.AddRange(left.Where(name => !EncoderNames.IsOfAnotherTask(name)).Select(name => $"'{name}' has no place"));
        if (faults.Count > 0)
        {
            throw new InvalidDataException($"The weights of '{_source.Path}' are not those of the {Config.Kind} that "
                + $"{EncoderConfig.FileName} describes: {string.Join("; ", faults)}. Give the files of one model.");
        }

        foreach (Parameter parameter in parameters)
        {
            Fill(parameter);
        }

        return left;
    }

    /// <summary>Whether a parameter is of the last layer, which no file has.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsOutput(string name) => name.StartsWith("output.", StringComparison.Ordinal);

    private static ITensorSource Source(string folder)
    {
        string Within(string name) => Path.Combine(folder, name);
        string? Found(params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (File.Exists(Within(name)))
                {
                    return Within(name);
                }
            }

            return null;
        }

        return Found("model.safetensors.index.json") is { } index ? SafetensorsFiles.OpenIndex(index)
            : Found("model.safetensors") is { } file ? SafetensorsFiles.Open(file)
            : Found("model.onnx", Path.Combine("onnx", "model.onnx")) is { } onnx ? OnnxInitializers.Open(onnx)
            : Found("pytorch_model.bin", "model.pt", "pytorch_model.bin.index.json") is { } pickle
                ? throw new InvalidDataException($"'{pickle}' is a Python pickle, which can run code when it is read; it is never read "
                    + "here. Save the model as model.safetensors, in Python: model.save_pretrained(folder, safe_serialization=True).")
            : throw new FileNotFoundException($"The folder '{folder}' holds no weights. {Allowed}", Within("model.safetensors"));
    }

    /// <summary>Without prefix, and with the names that norms have had since 2019.</summary>
    private string Canonical(string name)
    {
        string own = name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name;
        return own.EndsWith(".gamma", StringComparison.Ordinal) ? own[..^".gamma".Length] + ".weight"
            : own.EndsWith(".beta", StringComparison.Ordinal) ? own[..^".beta".Length] + ".bias"
            : own;
    }

    private void Check(Parameter parameter, HashSet<string> read, List<string> faults)
    {
        IReadOnlyList<string> names = EncoderNames.Of(Config.Kind, parameter.Name);
        bool isVector = parameter.Name.EndsWith(".bias", StringComparison.Ordinal) || parameter.Rows == 1;
        foreach (string name in names)
        {
            Check(
                name,
                name switch
                {
                    EncoderNames.Tokens => [Config.Vocabulary, Config.Width],
                    EncoderNames.Positions => [Config.Positions, Config.Width],
                    _ when isVector => [parameter.Columns / names.Count],
                    _ => [parameter.Rows / names.Count, parameter.Columns],
                },
                read,
                faults);
        }
    }

    private void Check(string name, long[] shape, HashSet<string> read, List<string> faults)
    {
        read.Add(name);
        if (!_names.TryGetValue(name, out string? own))
        {
            faults.Add($"'{_prefix}{name}' is missing");
        }
        else if (!_source.Shapes[own].SequenceEqual(shape))
        {
            faults.Add($"'{own}' is [{string.Join(", ", _source.Shapes[own])}], not [{string.Join(", ", shape)}]");
        }
    }

    private void Fill(Parameter parameter)
    {
        int at = 0;
        foreach (string name in EncoderNames.Of(Config.Kind, parameter.Name))
        {
            float[] values = _source.Read(_names[name]);
            int first = name == EncoderNames.Positions ? Config.FirstPosition * Config.Width : 0;
            int count = Math.Min(values.Length - first, parameter.Values.Length - at);
            values.AsSpan(first, count).CopyTo(parameter.Values.AsSpan(at));
            at += count;
            if (name == EncoderNames.Positions && (Config.Types == 1 || (Config.Types == 2 && Special.Separator is null)))
            {
                AddFirstType(parameter);
            }
        }
    }

    /// <summary>Adds the only type that tokens have to all positions.</summary>
    private void AddFirstType(Parameter positions)
    {
        float[] types = _source.Read(_names[EncoderNames.Types]);
        for (int i = 0; i < positions.Values.Length; i++)
        {
            positions.Values[i] += types[i % Config.Width];
        }
    }
}
