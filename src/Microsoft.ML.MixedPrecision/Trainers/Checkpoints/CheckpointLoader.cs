using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>Makes a transformer from a checkpoint, without rows and without training on.</summary>
/// <param name="env">The context.</param>
internal sealed class CheckpointLoader(IHostEnvironment env)
{
    /// <summary>Reads the model.</summary>
    /// <param name="path">A checkpoint, the folder of a run, or a folder that holds that of one run.</param>
    /// <exception cref="FileNotFoundException">There is no checkpoint.</exception>
    /// <exception cref="InvalidOperationException">There are those of several runs.</exception>
    /// <exception cref="InvalidDataException">No checkpoint can be read.</exception>
    public ITransformer Load(string path)
    {
        if (File.Exists(path))
        {
            return ToTransformer(CheckpointFile.Read(path));
        }

        using IChannel channel = env.Start("Loading a checkpoint");
        return CheckpointFolder.TryReadLatest(FolderOf(path), ToTransformer, warning => channel.Warning(warning))!.Value.Contents;
    }

    private static string FolderOf(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new FileNotFoundException($"There is no checkpoint '{path}', nor a folder of that name. Give the path of a "
                + $"checkpoint or of its folder.", path);
        }

        string[] runs = CheckpointName.In(path).Count > 0
            ? [path]
            : [.. Directory.EnumerateDirectories(path).Where(folder => CheckpointName.In(folder).Count > 0).Order(StringComparer.Ordinal)];
        return runs.Length switch
        {
            0 => throw new FileNotFoundException($"There is no checkpoint in '{path}' or its folders. Give the path of a checkpoint or "
                + $"of its folder.", path),
            1 => runs[0],
            _ => throw new InvalidOperationException($"In '{path}' are checkpoints of {runs.Length} runs: "
                + $"{string.Join(", ", runs.Take(10).Select(Path.GetFileName))}{(runs.Length > 10 ? ", …" : "")}. Give the folder of "
                + $"one; {RunIdentity.FileName} in each says what it is."),
        };
    }

    private ITransformer ToTransformer(CheckpointContents contents)
    {
        StoredModel model = ModelParts.ModelOf(contents);
        NetworkSpec spec = ModelParts.NetworkOf(contents);
        if (new NetworkSizes(spec).Bytes > contents.Tensors.Sum(tensor => tensor.Bytes.LongLength))
        {
            throw new InvalidDataException($"The checkpoint has not the weights of its network, {spec}.");
        }

        var network = new Network(spec);
        Fill(network, RunCheckpoint.FromContents(ModelParts.Without(contents)), model.Patience);
        foreach (StoredMatrix matrix in network.Preparation?.Stored ?? [])
        {
            ModelParts.Fill(contents, matrix);
        }

        if (model.LabelMeans.Count > 0)
        {
            new TargetScaling([.. model.LabelMeans], [.. model.LabelDeviations]).Fold(network);
        }

        return ToTransformer(model, network, ModelParts.SchemaOf(env, contents), ModelParts.MapperOf(env, contents));
    }

    /// <summary>The weights that a fit gives that ended here; of one that had not, those that it would give if it were told to stop: the
    /// best so far where rows validate, else the last.</summary>
    private static void Fill(Network network, RunCheckpoint run, int patience)
    {
        bool takesBest = run.Best.Count > 0 && (run.Snapshot.End is null or { IsEarly: true } || patience > 0);
        Dictionary<string, StateTensor> tensors = (takesBest ? run.Best : run.State.Tensors).ToDictionary(tensor => tensor.Name);
        foreach (StoredMatrix matrix in network.Stored)
        {
            StateTensor tensor = tensors.GetValueOrDefault(
                takesBest ? matrix.Name : (matrix is Parameter ? TrainingState.Weight : TrainingState.Layer) + matrix.Name)
                ?? throw new InvalidDataException($"The checkpoint has no '{matrix.Name}', which its network has.");
            if (tensor.Values.Length != matrix.Values.Length)
            {
                throw new InvalidDataException($"The checkpoint's {tensor} does not fit the network's '{matrix.Name}' ({matrix.Rows}, "
                    + $"{matrix.Columns}).");
            }

            tensor.Values.CopyTo(matrix.Values, 0);
        }
    }

    private ITransformer ToTransformer(StoredModel model, Network network, DataViewSchema schema, ITransformer? mapper)
    {
        string features = model.FeatureColumn;
        switch (model.Label)
        {
            case LabelKind.Key:
                return new NetworkMulticlassTransformer(
                    env,
                    new NetworkMulticlassModelParameters(env, network, null),
                    schema,
                    features,
                    model.LabelColumn)
                { InvalidFeatures = model.InvalidFeatures, Mapper = mapper };
            case LabelKind.Keys when mapper is TextTokensTransformer tokens:
                return new LanguageModelTransformer(env, tokens, new NetworkTokenModelParameters(env, network, null));
            case LabelKind.Keys:
                string places = model.PlacesColumn
                    ?? throw new InvalidDataException("The checkpoint does not say which column has the places of words.");
                return new NetworkTokenTransformer(
                    env,
                    new NetworkTokenModelParameters(env, network, null),
                    schema,
                    (features, places, model.LabelColumn))
                { InvalidFeatures = model.InvalidFeatures, Mapper = mapper };
            case LabelKind.Boolean:
                return new NetworkBinaryTransformer(
                    env,
                    new NetworkBinaryModelParameters(env, network, null),
                    schema,
                    features)
                { InvalidFeatures = model.InvalidFeatures, Mapper = mapper };
            default:
                bool isVector = schema[model.LabelColumn].Type is Microsoft.ML.Data.VectorDataViewType;
                return new NetworkRegressionTransformer(
                    env,
                    new NetworkRegressionModelParameters(env, network, isVector, null),
                    schema,
                    features)
                { InvalidFeatures = model.InvalidFeatures, Mapper = mapper };
        }
    }
}
