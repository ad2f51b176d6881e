namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Finds the encoder of texts in a fitted pipeline.</summary>
internal static class EncoderModels
{
    /// <summary>Writes it as the files of pretrained weights.</summary>
    /// <param name="model">A fitted pipeline, or one of its transformers.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="ArgumentException">There is none in <paramref name="model"/>, or several.</exception>
    public static void Write(ITransformer model, string folder)
    {
        ITransformer[] steps = [.. StepsOf(model)];
        IEncoderModel[] encoders = [.. steps.OfType<IEncoderModel>().Where(step => step.HasEncoder)];
        if (encoders.Length != 1)
        {
            string made = string.Join(", ", steps.Select(step => step.GetType().Name));
            throw new ArgumentException(
                encoders.Length == 0
                    ? $"There is no network that reads texts in the model, which is made of {made}; pass one that a text trainer fitted, "
                        + "or EmbedText."
                    : $"There are {encoders.Length} networks that read texts in the model, which is made of {made}; pass the transformer "
                        + "of the one that is wanted.",
                nameof(model));
        }

        encoders[0].WriteEncoder(folder);
    }

    private static IEnumerable<ITransformer> StepsOf(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(StepsOf) : [model];
}
