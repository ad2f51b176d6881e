using System.Text.Json;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>
/// Writes an encoder as the files that <see cref="PretrainedEncoder"/> and Hugging Face's library read: <c>config.json</c>,
/// <c>model.safetensors</c> in Float32 with the published names, and the vocabulary. A last layer is <c>classifier</c>, which readers of
/// encoders pass over. Positions behind those that the network has are not in the file; an encoder without token types gets one of zeros.
/// </summary>
internal static class EncoderFolder
{
    private const string Weight = ".weight";

    /// <summary>RoBERTa's padding, behind which its positions begin.</summary>
    private const int RobertaPadding = 1;

    private static readonly JsonWriterOptions Readable = new() { Indented = true };

    /// <summary>Writes the files, each beside its destination and renamed.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="network">The network.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <exception cref="NotSupportedException">Network or vocabulary have no published form.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, Network network, TokenizerSpec tokenizer)
    {
        EncoderConfig config = ConfigOf(network, tokenizer);
        (string Name, IReadOnlyList<long> Shape, float[] Values)[] tensors = [.. network.Parameters.SelectMany(
            parameter => Tensors(config, parameter))];
        if (config.Types == 1)
        {
            tensors = [.. tensors, (EncoderNames.Types, [1, config.Width], new float[config.Width])];
        }

        Directory.CreateDirectory(folder);
        EncoderVocabulary.Write(folder, tokenizer);
        ReplacedFile.Write(Path.Combine(folder, "model.safetensors"), stream =>
        {
            TensorHeader.Of(
                tensors.Select(tensor => (tensor.Name, "F32", tensor.Shape)),
                new Dictionary<string, string> { ["format"] = "pt" }).Write(stream);
            foreach ((_, _, float[] values) in tensors)
            {
                Safetensors.WriteValues(stream, values);
            }
        });
        ReplacedFile.Write(Path.Combine(folder, EncoderConfig.FileName), stream => Write(stream, config, tokenizer.Special));
    }

    /// <summary>What a network's layers say of its encoder.</summary>
    private static EncoderConfig ConfigOf(Network network, TokenizerSpec tokenizer)
    {
        IReadOnlyList<LayerSpec> layers = network.Spec.Layers;
        LayerSpec[] all = [.. layers.Concat(layers.SelectMany(layer => layer.Branches()).SelectMany(branch => branch))];
        T? Named<T>(string name)
            where T : LayerSpec
            => all.OfType<T>().FirstOrDefault(layer => layer.Name == name);

        bool isRoberta = tokenizer.Form == SequenceForm.Roberta;
        if (network.Tokens is { } input
            && Named<EmbeddingSpec>("embeddings.tokens") is { } tokens
            && Named<AttentionSpec>("layers.0.attention.heads") is { } attention
            && Named<LinearSpec>("layers.0.feedforward.in") is { } inner
            && Named<ActivationSpec>("layers.0.feedforward.activation") is { } activation
            && Named<LayerNormSpec>("embeddings.norm") is { } norm)
        {
            var transformer = new Transformer(
                input,
                all.OfType<AttentionSpec>().Count(),
                tokens.Columns,
                attention.Heads,
                inner.Outputs,
                Named<LinearSpec>("output")?.Outputs,
                Dropout: 0,
                IsPreNorm: false,
                Named<PoolingSpec>("pooling")?.Pooling,
                norm.Epsilon,
                activation.Function,
                tokens.Separator,
                Named<LinearSpec>("pooler") is not null);
            if (transformer.ToSpec().Function == network.Spec.Function && !(isRoberta && tokens.Separator is not null))
            {
                return new EncoderConfig
                {
                    Kind = isRoberta ? EncoderKind.Roberta : EncoderKind.Bert,
                    Vocabulary = input.Vocabulary,
                    Width = tokens.Columns,
                    Layers = transformer.Layers,
                    Heads = attention.Heads,
                    FeedForward = inner.Outputs,
                    Positions = input.Rows + (isRoberta ? RobertaPadding + 1 : 0),
                    FirstPosition = isRoberta ? RobertaPadding + 1 : 0,
                    Types = tokens.Separator is null ? 1 : 2,
                    Epsilon = norm.Epsilon ?? Ops.LayerNormKernel.Epsilon,
                    Activation = activation.Function,
                };
            }
        }

        throw new NotSupportedException($"The network, {network.Spec}, has no published form; those that were trained from "
            + "PretrainedWeights or with TextBackbone.Bert have. Save it with mlContext.Model.Save, or export it to ONNX.");
    }

    private static IEnumerable<(string Name, IReadOnlyList<long> Shape, float[] Values)> Tensors(EncoderConfig config, Parameter parameter)
    {
        bool isMatrix = parameter.Name.EndsWith(Weight, StringComparison.Ordinal)
            && !parameter.Name.EndsWith(".norm" + Weight, StringComparison.Ordinal);
        if (PretrainedEncoder.IsOutput(parameter.Name))
        {
            yield return ("classifier." + parameter.Name["output.".Length..], Shape(parameter.Values.Length), parameter.Values);
            yield break;
        }

        IReadOnlyList<string> names = EncoderNames.Of(config.Kind, parameter.Name);
        int length = parameter.Values.Length / names.Count;
        foreach ((int i, string name) in names.Index())
        {
            float[] values = parameter.Values[(i * length)..((i + 1) * length)];
            if (name == EncoderNames.Positions)
            {
                values = [.. new float[config.FirstPosition * config.Width], .. values];
            }

            yield return (name, Shape(values.Length), values);
        }

        IReadOnlyList<long> Shape(int count) => isMatrix ? [count / parameter.Columns, parameter.Columns] : [count];
    }

    private static void Write(Stream stream, EncoderConfig config, SpecialTokens special)
    {
        using var json = new Utf8JsonWriter(stream, Readable);
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue(config.Kind == EncoderKind.Roberta ? "RobertaModel" : "BertModel");
        json.WriteEndArray();
        json.WriteString("model_type", config.Kind == EncoderKind.Roberta ? "roberta" : "bert");
        json.WriteNumber("vocab_size", config.Vocabulary);
        json.WriteNumber("hidden_size", config.Width);
        json.WriteNumber("num_hidden_layers", config.Layers);
        json.WriteNumber("num_attention_heads", config.Heads);
        json.WriteNumber("intermediate_size", config.FeedForward);
        json.WriteNumber("max_position_embeddings", config.Positions);
        json.WriteNumber("type_vocab_size", config.Types);
        json.WriteNumber("layer_norm_eps", config.Epsilon);
        json.WriteString("hidden_act", EncoderConfig.NameOf(config.Activation));
        json.WriteString("position_embedding_type", "absolute");
        json.WriteNumber("pad_token_id", config.Kind == EncoderKind.Roberta ? RobertaPadding : special.Padding ?? 0);
        json.WriteString("torch_dtype", "float32");
        json.WriteEndObject();
    }
}
