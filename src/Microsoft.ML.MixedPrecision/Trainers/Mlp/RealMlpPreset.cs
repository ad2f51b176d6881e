namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What options are by <see cref="MlpPreset"/>, as far as nobody has set them.</summary>
internal static class RealMlpPreset
{
    private static readonly UsualOptions SimpleClasses = new()
    {
        StoppedEpochs = 256,
        Epochs = 256,
        Patience = 256,
        BatchSizes = [(1024, 64), (8192, 128), (30_000, 256), (100_000, 512), (long.MaxValue, 1024)],
        LearningRate = 0.04f,
        Schedule = LearningRateSchedule.CosLog,
        WeightDecay = 0,
        Beta2 = 0.95f,
        HiddenLayers = [256, 256, 256],
        Activation = ActivationKind.Selu,
        ScaleLayer = true,
        Parametrization = Parametrization.NeuralTangent,
        BiasLearningRateFactor = 0.1f,
        ZeroOutputLayer = true,
    };

    private static readonly UsualOptions SimpleNumbers = SimpleClasses with { LearningRate = 0.07f, Activation = ActivationKind.Mish };

    private static readonly UsualOptions Classes = Full(SimpleClasses);

    private static readonly UsualOptions Numbers = Full(SimpleNumbers) with { LearningRate = 0.2f };

    /// <summary>The settings.</summary>
    /// <param name="preset">Which.</param>
    /// <param name="numbers">Whether numbers are predicted, not classes.</param>
    /// <returns>Those without preset for one that there is not: <see cref="NetworkFamily.Check"/> refuses it.</returns>
    public static UsualOptions Of(MlpPreset preset, bool numbers) => (preset, numbers) switch
    {
        (MlpPreset.RealMlpSimple, false) => SimpleClasses,
        (MlpPreset.RealMlpSimple, true) => SimpleNumbers,
        (MlpPreset.RealMlp, false) => Classes,
        (MlpPreset.RealMlp, true) => Numbers,
        _ => UsualOptions.Plain,
    };

    private static UsualOptions Full(UsualOptions simple) => simple with
    {
        NumericEmbedding = NumericEmbedding.Periodic,
        ParametricActivation = true,
        DataDrivenStart = true,
        Dropout = 0.15f,
        WeightDecay = 0.02f,
        Regularization = RegularizationSchedule.FlatCos,
    };
}
