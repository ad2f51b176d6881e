using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained network: Float32 weights, from a vector of features to the network's outputs.</summary>
/// <typeparam name="TOutput">What a prediction is.</typeparam>
/// <remarks>
/// Safe for many threads. <see cref="Dispose"/> frees caches only: the model stays usable and makes them again. ML.NET's own
/// <c>ConvertToOnnx</c> (package
/// Microsoft.ML.OnnxConverter, opset 9 to 12) takes the network too, in FP32; this was run against a stand-in for that package's context,
/// not against the package.
/// </remarks>
public abstract class NetworkModelParameters<TOutput> : ModelParametersBase<TOutput>, INetworkModel, IDisposable, ISingleCanSaveOnnx
{
    private const uint FirstVersion = 0x00010001;

    /// <summary>With the network as a list of layers. Versions before had a perceptron's options in its place: the second, and the third of
    /// networks that scale their features, said more of them than the first.</summary>
    private const uint FourthVersion = 0x00010004;

    /// <summary>Of networks that scale features robustly or take gaps.</summary>
    private const uint FifthVersion = 0x00010005;

    private readonly NetworkModel _network;

    private protected NetworkModelParameters(IHostEnvironment env, string name, Network network, bool softmax, TrainingResult? training)
        : base(env, name)
        => _network = new NetworkModel(env, network, softmax, training);

    private protected NetworkModelParameters(IHostEnvironment env, string name, ModelLoadContext ctx, bool softmax)
        : base(env, name, ctx)
        => _network = new NetworkModel(env, TrainedNetworkFile.Read(ctx.Reader.BaseStream), softmax)
        {
            InvalidFeatures = InvalidFeaturesEntry.Load(ctx) ?? InvalidFeatures.ScoreNaN,
        };

    /// <summary>Features that it takes.</summary>
    public int Inputs => _network.Network.Inputs;

    /// <summary>Its layers in forward order, with shapes and sizes; as text a table.</summary>
    public NetworkSummary Layers => field ??= new NetworkSummary(_network.Network.Spec);

    /// <summary>What it does to features before the first layer.</summary>
    public FeatureScaling FeatureScaling => _network.Network.Spec.Scaling;

    /// <summary>What it does with missing features.</summary>
    public MissingValues MissingValues => (_network.Network.Spec.Inputs[0] as NumbersInput)?.Missing ?? MissingValues.Reject;

    NetworkModel INetworkModel.Network => _network;

    /// <summary>Outputs of the network.</summary>
    private protected int Outputs => _network.Network.Outputs;

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public void Dispose()
    {
        _network.Dispose();
        GC.SuppressFinalize(this);
    }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => true;

    bool ISingleCanSaveOnnx.SaveAsOnnx(OnnxContext context, string[] outputNames, string featureColumn)
        => OnnxNetwork.Write(context, outputNames, featureColumn, WriteLayers);

    /// <summary>The task's names in a model file: the model's, 8 letters, and the loader's.</summary>
    private protected abstract (string Model, string Loader) Signatures { get; }

    /// <inheritdoc/>
    protected override void SaveCore(ModelSaveContext ctx)
    {
        base.SaveCore(ctx);
        bool isFourth = _network.Network.Spec.NeededVersion == NetworkSpec.FirstVersion;
        ctx.SetVersionInfo(Version(Signatures, isFourth ? FourthVersion : FifthVersion));
        ctx.Writer.Flush();
        TrainedNetworkFile.Write(ctx.Writer.BaseStream, _network.Network, _network.Saved);
        InvalidFeaturesEntry.Save(ctx, _network.InvalidFeatures);
    }

    /// <summary>The newest file version that is read; what is written is the first that holds the model.</summary>
    /// <param name="signatures">The task's names.</param>
    private protected static VersionInfo Newest((string Model, string Loader) signatures) => Version(signatures, FifthVersion);

    private static VersionInfo Version((string Model, string Loader) signatures, uint version) => new(
        modelSignature: signatures.Model,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: FirstVersion,
        loaderSignature: signatures.Loader,
        loaderAssemblyName: typeof(NetworkModelParameters<>).Assembly.FullName);

    /// <summary>Whether the network's outputs are of a size that FP16 holds, as logits are; else ONNX has the last layer in FP32.</summary>
    private protected virtual bool OutputsFitFloat16 => true;

    /// <summary>Writes what stands behind the network's outputs.</summary>
    /// <param name="writer">Writes.</param>
    /// <param name="outputs">(N, outputs).</param>
    /// <returns>Values in the order in which ML.NET names its columns; null for one that its scorer writes.</returns>
    private protected abstract IReadOnlyList<OnnxValue?> WriteOutputs(OnnxNetworkWriter writer, OnnxValue outputs);

    /// <summary>Scores single rows.</summary>
    /// <returns>A function of features to the network's scores, for one thread.</returns>
    private protected RowScorer CreateRowScorer() => new(_network);

    private IReadOnlyList<OnnxValue?> WriteLayers(OnnxNetworkWriter writer, OnnxValue features)
    {
        if (_network.Summary is { } summary)
        {
            OnnxSummary.Write(writer, summary);
        }

        (OnnxValue given, OnnxValue? categories) = (features, null);
        if (_network.Network.Categories is not null)
        {
            (given, categories) = (writer.Columns(features, 0, _network.Network.Numbers),
                writer.Columns(features, _network.Network.Numbers, Inputs - _network.Network.Numbers));
        }

        if (_network.Network.Preparation is { } preparation)
        {
            WriteMetadata(writer);
            (given, features) = preparation.Write(writer, given, categories);
        }

        var plan = new NetworkPlan(_network.Network, new PlanBuilder(PrecisionPolicy.Float32, training: false));
        if (!OutputsFitFloat16)
        {
            foreach (IOutputLayer last in _network.Network.OutputLayers)
            {
                writer.KeepFloat32(last.Name, "its results are in units of the label, which may be beyond FP16");
            }
        }

        var values = new Dictionary<Value, OnnxValue> { [plan.Features] = features };
        if (_network.Network.Tokens is not null)
        {
            (values[plan.Features], values[plan.Builder.Ends!]) = writer.Tokens(features);
        }

        OnnxValue written = plan.Builder.WriteOnnx(writer, values);
        OnnxValue outputs = _network.Network.Tokens is null
            ? writer.NaNUnlessFinite(written, given, _network.Network.Numbers)
            : written;
        string ends = _network.Network.IsEnsemble ? _network.Network.Spec.Layers[0].Name : _network.Network.OutputLayer.Name;
        writer.Outputs = new(writer.NameOf(ends), outputs, !OutputsFitFloat16, LargestOutput(writer));
        return WriteOutputs(writer, outputs);
    }

    private void WriteMetadata(OnnxNetworkWriter writer)
    {
        if (FeatureScaling != FeatureScaling.None)
        {
            writer.Metadata[OnnxFrame.FeatureScalingKey] = FeatureScaling.ToString();
        }

        if (MissingValues != MissingValues.Reject)
        {
            writer.Metadata[OnnxFrame.MissingValuesKey] = MissingValues.ToString();
        }
    }

    /// <summary>
    /// maxₜ(|bₜ| + r·Σᵢ|Wₜᵢ|), r the largest value that the last layer read in training: what training met of the outputs themselves would
    /// not tell, since a
    /// regression's last layer is changed afterwards, to units of the label.
    /// </summary>
    /// <returns>Null where training measured no ranges.</returns>
    private double? LargestOutput(OnnxNetworkWriter writer)
    {
        double?[] bounds = [.. _network.Network.OutputLayers.Select(layer => LargestOutput(writer, layer))];
        return bounds.Contains(null) ? null : bounds.Max();
    }

    private static double? LargestOutput(OnnxNetworkWriter writer, IOutputLayer last)
    {
        string read = writer.Layers.First(layer => layer.Name == writer.NameOf(last.Name)).Inputs[0];
        if (writer.Ranges.Values.FirstOrDefault(range => writer.NameOf(range.Name) == read) is not { } range)
        {
            return null;
        }

        float[] weights = last.Weight.Values, biases = last.Bias.Values;
        int inputs = weights.Length / biases.Length;
        return biases.Select((bias, target) =>
            Math.Abs(bias)
                + (range.Largest * weights.AsSpan(target * inputs, inputs).ToArray().Sum(weight => Math.Abs((double)weight)))).Max();
    }
}
