using System.Globalization;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Multilayer perceptrons: hidden layers on a vector of features.</summary>
/// <param name="options">The options.</param>
internal sealed partial class MlpFamily(MlpTrainerOptions options) : TableFamily
{
    private const int MaxWidth = 1 << 20;
    private const int MaxMembers = 128;

    private static readonly IdleOption<MlpTrainerOptions>[] Table =
    [
        new(nameof(MlpTrainerOptions.ScaleLearningRateFactor), options => options.ScaleLearningRateFactor,
            options => options.ScaleLayer ? null : "ScaleLayer is false", "Set ScaleLayer to true, or leave ScaleLearningRateFactor out."),
        new(nameof(MlpTrainerOptions.DataDrivenStart), options => options.DataDrivenStart,
            options => options.HiddenLayers.Count == 0 ? "HiddenLayers is empty" : null,
            "Add a hidden layer, or leave DataDrivenStart out."),
        new(nameof(MlpTrainerOptions.RegularizationSchedule), options => options.RegularizationSchedule,
            options => options is { Dropout: 0, WeightDecay: 0 } ? "Dropout and WeightDecay are 0" : null,
            "Set one of them, or leave RegularizationSchedule out."),
    ];

    private static readonly IdleOption<MlpTrainerOptions> Activation = new(
        nameof(options.Activation),
        options => options.Activation,
        options => options.HiddenLayers.Count == 0 ? "HiddenLayers is empty" : null,
        "Add a hidden layer, or leave Activation out.");

    private static readonly IdleOption<MlpTrainerOptions> Members = new(
        nameof(options.Members),
        options => options.Members,
        options => options.HiddenLayers.Count == 0 ? "HiddenLayers is empty" : null,
        "Add a hidden layer, or leave Members at 1.");

    private static readonly IdleOption<MlpTrainerOptions> MemberKinds = new(
        nameof(options.MemberKind),
        options => options.MemberKind,
        options => options.Members == 1 ? "Members is 1" : options.HiddenLayers.Count == 0 ? "HiddenLayers is empty" : null,
        "Give members and a hidden layer, or leave MemberKind out.");

    /// <inheritdoc/>
    protected override TableTrainerOptions Options => options;

    /// <inheritdoc/>
    public override string Text
        => $"HiddenLayers [{string.Join(", ", options.HiddenLayers)}]" + (options.Members > 1 ? $" of {options.Members} members" : "");

    /// <inheritdoc/>
    public override void Check()
    {
        CheckTable();
        RequireValue(options.HiddenLayers, nameof(options.HiddenLayers), $"widths from 1 to {MaxWidth}, for example [256, 128], or [], "
            + $"for a linear model");
        for (int i = 0; i < options.HiddenLayers.Count; i++)
        {
            Require(
                options.HiddenLayers[i] is >= 1 and <= MaxWidth,
                nameof(options.HiddenLayers),
                string.Create(CultureInfo.InvariantCulture, $"{options.HiddenLayers[i]} at position {i}"),
                $"widths from 1 to {MaxWidth}, for example [256, 128]; or none, for a linear model");
        }

        RequireDefined(options.Activation, nameof(options.Activation));
        RequireDefined(options.Normalization, nameof(options.Normalization));
        CheckStart();
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.2");
        Require(options.BatchSize != 1 || options.Normalization != NormalizationKind.BatchNorm, nameof(options.BatchSize),
            options.BatchSize, "at least 2 with BatchNorm, since a batch of one row has no deviation; use LayerNorm for such batches");
        CheckMembers();
        CheckSparse();
    }

    /// <inheritdoc/>
    public override ParameterRules Rules => new()
    {
        Parametrization = options.Parametrization,
        Optimizer = options.Optimizer,
        BiasRate = options.BiasLearningRateFactor,
        ScaleRate = options.ScaleLearningRateFactor,
        ZeroOutput = options.ZeroOutputLayer,
    };

    /// <inheritdoc/>
    public override bool StartsFromRows => options.DataDrivenStart;

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => Of(inputs, outputs, prepared as NumbersInput, categories).ToSpec();

    /// <inheritdoc/>
    public override void CheckRows(int rows)
    {
        if (options.Normalization == NormalizationKind.BatchNorm && options.HiddenLayers.Count > 0 && rows == 1)
        {
            string train = options.ValidationFraction > 0
                ? string.Create(CultureInfo.InvariantCulture, $" that trains, with ValidationFraction {options.ValidationFraction},")
                : ",";
            throw new InvalidOperationException($"Normalization is BatchNorm, but there is 1 labelled row{train} which has no "
                + $"deviation. Give more rows, or use LayerNorm.");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper)
        => ((string?[])[
            network.Bag is not null && !options.HiddenLayersAreSet ? ActivationBehindBag.Of(options) : Activation.Of(options),
            .. Table.Select(option => option.Of(options)),
            Members.Of(options),
            MemberKinds.Of(options),
            .. IdlePreparation(previous),
            IdleSparse(previous),
            .. Of(network.Inputs, outputs: 1, (NumbersInput)network.Spec.Inputs[0], network.Categories?.Categories.Levels ?? [])
                .IdleWishes()]).OfType<string>();

    private Perceptron Of(int inputs, int outputs, NumbersInput? prepared, IReadOnlyList<int> categories) => new(
        inputs,
        prepared is { IsSparse: true } && !options.HiddenLayersAreSet ? [] : options.HiddenLayers,
        options.Activation,
        outputs,
        options.Normalization,
        options.Residual,
        options.Dropout,
        prepared?.Scaling ?? options.FeatureScaling,
        prepared?.Missing ?? options.MissingValues,
        prepared?.Indicated,
        Embedding: options.NumericEmbedding,
        ScaleLayer: options.ScaleLayer,
        Parametric: options.ParametricActivation,
        Members: options.Members,
        MemberKind: options.MemberKind,
        Average: options.Average,
        Categories: categories.Count == 0 ? null : categories,
        IsSparse: prepared?.IsSparse ?? false);

    private void CheckStart()
    {
        RequireDefined(options.Preset, nameof(options.Preset));
        RequireDefined(options.NumericEmbedding, nameof(options.NumericEmbedding));
        RequireDefined(options.Parametrization, nameof(options.Parametrization));
        Require(IsPositive(options.BiasLearningRateFactor), nameof(options.BiasLearningRateFactor), options.BiasLearningRateFactor,
            "above 0, for example 0.1");
        Require(IsPositive(options.ScaleLearningRateFactor), nameof(options.ScaleLearningRateFactor), options.ScaleLearningRateFactor,
            "above 0, for example 6");
    }

    private void CheckMembers()
    {
        RequireDefined(options.MemberKind, nameof(options.MemberKind));
        Require(
            options.Members is >= 1 and <= MaxMembers,
            nameof(options.Members),
            options.Members,
            $"from 1, for a single network, to {MaxMembers}");
        Require(options.Members == 1 || options.Normalization != NormalizationKind.BatchNorm, nameof(options.Members), options.Members,
            "1 with BatchNorm, whose statistics would mix members; use LayerNorm with members");
        bool sharesWeights = options.Members > 1 && options.MemberKind != MemberKind.Independent;
        Require(options.Members == 1 || !options.DataDrivenStart, nameof(options.Members), options.Members,
            "1 with DataDrivenStart and the presets that have it, which sets the weights of a single network");
        Require(!sharesWeights || options.Parametrization == Parametrization.Standard, nameof(options.Members), options.Members,
            "1 with NeuralTangent and the presets that have it, since members that share weights start in their own way; or use "
                + "MemberKind Independent");
        bool areAlone = options.Members > 1 && !sharesWeights;
        Require(!areAlone || options is { Normalization: NormalizationKind.None, ParametricActivation: false },
            nameof(options.MemberKind), options.MemberKind,
            "TabM or Mini with LayerNorm or ParametricActivation, whose factors members would share");
    }
}
