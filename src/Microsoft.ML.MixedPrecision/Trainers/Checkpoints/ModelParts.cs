using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>The parts of a checkpoint that no step changes: <see cref="StoredModel"/>, <see cref="NetworkSpec"/>, the preparation of
/// features, and the columns of training.</summary>
internal static class ModelParts
{
    private const string Text = "model";
    private const string NetworkText = "network";
    private const string Prefix = "model/";
    private const string Schema = Prefix + "schema";
    private const string Mapper = Prefix + "mapper";
    private const string MapperPart = "Mapper";

    /// <summary>Those of a fit.</summary>
    /// <param name="env">The context.</param>
    /// <param name="fit">The fit, before its first step.</param>
    /// <param name="schema">Columns of the training rows.</param>
    public static CheckpointContents Of(IHostEnvironment env, FitInputs fit, DataViewSchema schema)
    {
        var model = new StoredModel(
            fit.Columns.LabelKind,
            fit.Columns.Features.Name,
            fit.Columns.Label.Name,
            fit.Scaling?.Mean ?? [],
            fit.Scaling?.Deviation ?? [],
            fit.Training.EarlyStoppingPatience,
            fit.Family.InvalidFeatures,
            fit.Family.PlacesColumn);
        byte[] columns = SchemaBytes(env, schema);
        IEnumerable<StoredMatrix> preparation = fit.Network.Preparation?.Stored ?? [];
        return new CheckpointContents(
            new Dictionary<string, string>
            {
                [Text] = JsonSerializer.Serialize(model, StoredModelContext.Default.StoredModel),
                [NetworkText] = Encoding.UTF8.GetString(NetworkSpecJson.Write(fit.Network.Spec)),
            },
            [
                new CheckpointTensor(Schema, "U8", [columns.Length], columns),
                .. MapperBytes(env, fit.Mapper) is { } mapper
                    ? [new CheckpointTensor(Mapper, "U8", [mapper.Length], mapper)]
                    : (CheckpointTensor[])[],
                .. preparation.Select(
                    matrix => new CheckpointTensor(
                        Prefix + matrix.Name,
                        "F32",
                        [matrix.Rows, matrix.Columns],
                        MemoryMarshal.AsBytes<float>(matrix.Values).ToArray())),
            ]);
    }

    /// <summary>A checkpoint without them: what the run itself wrote.</summary>
    /// <param name="contents">The checkpoint.</param>
    public static CheckpointContents Without(CheckpointContents contents)
        => contents with { Tensors = [.. contents.Tensors.Where(tensor => !tensor.Name.StartsWith(Prefix, StringComparison.Ordinal))] };

    /// <summary>Reads <see cref="StoredModel"/>.</summary>
    /// <param name="contents">The checkpoint.</param>
    /// <exception cref="InvalidDataException">It is not there, or malformed.</exception>
    public static StoredModel ModelOf(CheckpointContents contents)
    {
        try
        {
            return JsonSerializer.Deserialize(contents.Texts.GetValueOrDefault(Text, ""), StoredModelContext.Default.StoredModel)
                ?? throw new InvalidDataException($"The checkpoint's text '{Text}' is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The checkpoint's text '{Text}' is malformed: {e.Message}", e);
        }
    }

    /// <summary>Reads the network; that its weights are there is for the caller to see, before it makes one.</summary>
    /// <param name="contents">The checkpoint.</param>
    /// <exception cref="InvalidDataException">It is not there, as in checkpoints of before, or malformed.</exception>
    public static NetworkSpec NetworkOf(CheckpointContents contents)
        => contents.Texts.TryGetValue(NetworkText, out string? text)
            ? NetworkSpecJson.Read(Encoding.UTF8.GetBytes(text))
            : throw new InvalidDataException($"The checkpoint has no text '{NetworkText}': an earlier version of the library wrote it. "
                + $"Checkpoints are not kept across versions: load it with the version that wrote it and save the model, or train anew.");

    /// <summary>Reads the columns of training.</summary>
    /// <param name="env">The context.</param>
    /// <param name="contents">The checkpoint.</param>
    /// <exception cref="InvalidDataException">They are not there.</exception>
    public static DataViewSchema SchemaOf(IHostEnvironment env, CheckpointContents contents)
    {
        using var stream = new MemoryStream(Find(contents, Schema).Bytes);
        return new BinaryLoader(env, new BinaryLoader.Arguments(), stream).Schema;
    }

    /// <summary>Reads what makes the features out of the columns of the data; null where nothing does.</summary>
    /// <param name="env">The context.</param>
    /// <param name="contents">The checkpoint.</param>
    public static ITransformer? MapperOf(IHostEnvironment env, CheckpointContents contents)
    {
        if (contents.Tensors.FirstOrDefault(tensor => tensor.Name == Mapper) is not { } stored)
        {
            return null;
        }

        using var stream = new MemoryStream(stored.Bytes);
        using RepositoryReader parts = RepositoryReader.Open(stream, env);
        ModelLoadContext.LoadModel<ITransformer, SignatureLoadModel>(env, out ITransformer mapper, parts, MapperPart);
        return mapper;
    }

    /// <summary>Fills a matrix of the preparation of features.</summary>
    /// <param name="contents">The checkpoint.</param>
    /// <param name="matrix">The matrix.</param>
    /// <exception cref="InvalidDataException">It is not there, or of another size.</exception>
    public static void Fill(CheckpointContents contents, StoredMatrix matrix)
    {
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(Find(contents, Prefix + matrix.Name).Bytes);
        if (values.Length != matrix.Values.Length)
        {
            throw new InvalidDataException($"The checkpoint's '{matrix.Name}' has {values.Length} numbers; the network takes "
                + $"{matrix.Values.Length}.");
        }

        values.CopyTo(matrix.Values);
    }

    private static CheckpointTensor Find(CheckpointContents contents, string name)
        => contents.Tensors.FirstOrDefault(tensor => tensor.Name == name)
            ?? throw new InvalidDataException($"The checkpoint has no tensor '{name}'.");

    /// <summary>As ML.NET saves a pipeline.</summary>
    private static byte[]? MapperBytes(IHostEnvironment env, ITransformer? mapper)
    {
        if (mapper is null)
        {
            return null;
        }

        using var stream = new MemoryStream();
        using (RepositoryWriter parts = RepositoryWriter.CreateNew(stream, env))
        {
            ModelSaveContext.SaveModel(parts, mapper, MapperPart);
            parts.Commit();
        }

        return stream.ToArray();
    }

    /// <summary>As ML.NET stores columns with a model: types and annotations, so that key values and slot names are there.</summary>
    private static byte[] SchemaBytes(IHostEnvironment env, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        using IChannel channel = env.Start("Storing the columns of training");
        DataSaverUtils.SaveDataView(
            channel,
            new BinarySaver(env, new BinarySaver.Arguments { Silent = true }),
            new EmptyDataView(env, schema),
            stream);
        return stream.ToArray();
    }
}
