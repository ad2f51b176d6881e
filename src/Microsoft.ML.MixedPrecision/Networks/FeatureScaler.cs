using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// x' = (x − shift) · factor, feature by feature, and behind it a <see cref="SmoothClip"/> where features are scaled robustly: what stands
/// before a network's first layer and is saved with it. A difference and a product in Float32, each rounded once, so that every way to
/// score, and the <c>Sub</c> and <c>Mul</c> of an ONNX file, have the same bits. It is not folded into the first layer's weights: x itself
/// may be beyond what a layer in 16 bits reads.
/// </summary>
internal sealed class FeatureScaler
{
    /// <summary>Scales nothing until vectors are filled: shift and factor are 0.</summary>
    /// <param name="input">Name of the input that it scales: <c>features</c>.</param>
    /// <param name="features">Numbers of an example.</param>
    /// <param name="clips">Whether a scaled number is clipped smoothly.</param>
    public FeatureScaler(string input, int features, bool clips = false)
        => (Shift, Factor, Clips) = (new LearnedVector(input + ".shift", features), new LearnedVector(input + ".factor", features), clips);

    /// <summary>What is taken off: (1, features).</summary>
    public StoredMatrix Shift { get; }

    /// <summary>What the difference is multiplied by: (1, features).</summary>
    public StoredMatrix Factor { get; }

    /// <summary>Whether a scaled number is clipped smoothly.</summary>
    public bool Clips { get; }

    /// <summary>Scales a row.</summary>
    /// <param name="features">x.</param>
    /// <param name="scaled">Receives x'; may be <paramref name="features"/> itself.</param>
    public void Scale(ReadOnlySpan<float> features, Span<float> scaled)
    {
        TensorPrimitives.Subtract(features, Shift.Values, scaled);
        TensorPrimitives.Multiply(scaled[..features.Length], Factor.Values, scaled);
        if (Clips)
        {
            SmoothClip.Run(scaled[..features.Length]);
        }
    }
}
