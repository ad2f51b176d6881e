using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>What networks for tables have besides: embeddings of numbers, a scale layer, how parameters start and learn.</content>
public abstract partial class MlpTrainerOptions
{
    private NumericEmbedding? _numericEmbedding;
    private bool? _scaleLayer;
    private bool? _parametricActivation;
    private Parametrization? _parametrization;
    private float? _biasLearningRateFactor;
    private bool? _zeroOutputLayer;
    private bool? _dataDrivenStart;

    /// <summary>
    /// How sparse features, as <c>FeaturizeText</c> makes them, are kept and read: as a matrix with all zeros, or by an embedding bag ahead
    /// of the hidden layers. A model that training goes on from keeps what it has; a warning says so where something else was asked for.
    /// </summary>
    /// <remarks>An embedding bag reads one column of features as they are: not with <see cref="TableTrainerOptions.FeatureScaling"/>,
    /// <see cref="TableTrainerOptions.MissingValues"/>, <see cref="NumericEmbedding"/>, <see cref="ScaleLayer"/>,
    /// <see cref="DataDrivenStart"/>, <see cref="Parametrization"/> other than standard, <see cref="Members"/>,
    /// <see cref="NetworkTrainerOptions.Bags"/>, <see cref="TableTrainerOptions.FeatureColumnNames"/> or
    /// <see cref="TableTrainerOptions.CategoricalColumnNames"/>.</remarks>
    [Choice(SparseFeatures.Auto, SparseFeatures.Dense, SparseFeatures.EmbeddingBag)]
    public SparseFeatures SparseFeatures { get; set; }

    /// <summary>What is made of each feature, after it was prepared, before the first layer: of all features alike, also of the slots of
    /// categories; not of indicators of gaps.</summary>
    [Choice(NumericEmbedding.None, NumericEmbedding.Periodic, NumericEmbedding.PiecewiseLinear)]
    public NumericEmbedding NumericEmbedding
    {
        get => _numericEmbedding ?? Usual.NumericEmbedding;
        set => _numericEmbedding = value;
    }

    /// <summary>
    /// Whether each number that the first hidden layer reads is multiplied by a learned factor, 1 at the start, so that features of no use
    /// can be switched off. It learns at <see cref="ScaleLearningRateFactor"/> times the learning rate, and does not decay.
    /// </summary>
    [BooleanChoice(defaultValue: false)]
    public bool ScaleLayer
    {
        get => _scaleLayer ?? Usual.ScaleLayer;
        set => _scaleLayer = value;
    }

    /// <summary>What the learning rate is multiplied by for the <see cref="ScaleLayer"/>; above 0. 6 is RealMLP's.</summary>
    [Range(0.1, 100, init: 6, logBase: true)]
    public float ScaleLearningRateFactor { get; set; } = 6;

    /// <summary>Whether each unit computes x + α·(f(x) − x) for its activation f, with a learned α, 1 at the start, at a tenth of the
    /// learning
    /// rate.</summary>
    [BooleanChoice(defaultValue: false)]
    public bool ParametricActivation
    {
        get => _parametricActivation ?? Usual.ParametricActivation;
        set => _parametricActivation = value;
    }

    /// <summary>How products start and learn. <see cref="Parametrization.NeuralTangent"/> wants learning rates of 0.04 to 0.2.</summary>
    [Choice(Parametrization.Standard, Parametrization.NeuralTangent)]
    public Parametrization Parametrization
    {
        get => _parametrization ?? Usual.Parametrization;
        set => _parametrization = value;
    }

    /// <summary>What the learning rate is multiplied by for biases of products; above 0.</summary>
    [Range(0.01, 10, init: 1, logBase: true)]
    public float BiasLearningRateFactor
    {
        get => _biasLearningRateFactor ?? Usual.BiasLearningRateFactor;
        set => _biasLearningRateFactor = value;
    }

    /// <summary>Whether the output layer starts at 0, so that training begins with equal scores for all rows.</summary>
    [BooleanChoice(defaultValue: false)]
    public bool ZeroOutputLayer
    {
        get => _zeroOutputLayer ?? Usual.ZeroOutputLayer;
        set => _zeroOutputLayer = value;
    }

    /// <summary>
    /// Whether hidden layers start fitted to the rows that train, up to 8,192 of them: each unit's x·Wᵀ has a standard deviation of 1, and
    /// its bias is −x·Wᵀ of a point among 5 rows. The output layer, and layers of <see cref="Residual"/> blocks, start as without.
    /// </summary>
    [BooleanChoice(defaultValue: false)]
    public bool DataDrivenStart
    {
        get => _dataDrivenStart ?? Usual.DataDrivenStart;
        set => _dataDrivenStart = value;
    }

    /// <inheritdoc/>
    internal override UsualOptions Usual => RealMlpPreset.Of(Preset, PredictsNumbers);

    /// <summary>Whether labels are numbers, not classes.</summary>
    private protected virtual bool PredictsNumbers => false;
}
