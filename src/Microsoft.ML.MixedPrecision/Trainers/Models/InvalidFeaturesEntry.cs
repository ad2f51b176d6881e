namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// <see cref="InvalidFeatures"/> in a model file: an entry of this name beside the network, so that a network keeps it wherever it is a
/// part, in a one-versus-all
/// model too. Files of the default have none. Earlier versions wrote it beside the transformer, and it is read there as well.
/// </summary>
internal static class InvalidFeaturesEntry
{
    private const string Name = "InvalidFeatures";

    /// <summary>More than the name of a value has.</summary>
    private const int MaxNameBytes = 32;

    /// <summary>Saves it, where it is not the default.</summary>
    /// <param name="ctx">Where to.</param>
    /// <param name="value">What to save.</param>
    public static void Save(ModelSaveContext ctx, InvalidFeatures value)
    {
        if (value == InvalidFeatures.Throw)
        {
            ctx.SaveBinaryStream(Name, writer => writer.Write("Throw"u8));
        }
    }

    /// <summary>Loads it.</summary>
    /// <param name="ctx">Where it may be.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidDataException">The entry does not hold what is written there.</exception>
    public static InvalidFeatures? Load(ModelLoadContext ctx)
    {
        byte[] stored = [];
        if (!ctx.TryLoadBinaryStream(Name, reader => stored = reader.ReadBytes(MaxNameBytes)))
        {
            return null;
        }

        return stored.AsSpan().SequenceEqual("Throw"u8)
            ? InvalidFeatures.Throw
            : throw new InvalidDataException(
                $"The model file is damaged and cannot be loaded: its entry '{Name}' does not say {nameof(InvalidFeatures.Throw)}. "
                + "Use an undamaged copy of the file, or save the model again.");
    }
}
