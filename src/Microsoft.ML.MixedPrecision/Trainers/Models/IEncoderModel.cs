namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>A transformer that may hold an encoder of texts.</summary>
internal interface IEncoderModel
{
    /// <summary>Whether it does.</summary>
    bool HasEncoder { get; }

    /// <summary>Writes the encoder as the files of pretrained weights.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="NotSupportedException">It has no published form.</exception>
    void WriteEncoder(string folder);
}
