using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>A parameter's place in the arenas, for kernels that update all of them: <c>OptimizerRange</c> of optimizer.cuh, field by
/// field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OptimizerRange
{
    /// <summary>Elements that a block of threads updates.</summary>
    public const int ChunkElements = 2048;

    /// <summary>First element in every arena, a multiple of 8.</summary>
    public long Offset;

    /// <summary>Elements, padding included.</summary>
    public long Elements;

    /// <summary>Chunks of the ranges before this one: see <see cref="CountChunks"/>.</summary>
    public long FirstChunk;

    /// <summary>Format of the weights; 16-bit ones have a shadow.</summary>
    public NumericFormat ShadowFormat;

    /// <summary>1 where there is a Float32 master, 0 where the 16-bit weight is all there is.</summary>
    public int HasMaster;

    /// <summary>Decay of these weights, before the step's share of it.</summary>
    public float WeightDecay;

    /// <summary>What the step's learning rate is multiplied by.</summary>
    public float RateFactor;

    /// <summary>What AdamW's ε is multiplied by.</summary>
    public float EpsilonFactor;

    /// <summary>1 where AdamW leaves 32 neighbouring elements alone whose gradients are all 0; else 0.</summary>
    public int IsLazy;

    /// <summary>First steps whose rate is 0: gradients become moments, weights stay.</summary>
    public long FrozenSteps;

    /// <summary>Numbers the chunks of all ranges, which must be in the order of their offsets.</summary>
    /// <param name="ranges">The ranges; receive <see cref="FirstChunk"/>.</param>
    /// <returns>Chunks of all.</returns>
    /// <exception cref="ArgumentException">An offset is not a multiple of 8, or lies within the range before.</exception>
    public static int CountChunks(Span<OptimizerRange> ranges)
    {
        long chunks = 0, end = 0;
        foreach (ref OptimizerRange range in ranges)
        {
            if (range.Offset % 8 != 0 || range.Offset < end)
            {
                throw new ArgumentException(
                    $"A range starts at element {range.Offset}; a multiple of 8 from {end} on is needed.",
                    nameof(ranges));
            }

            range.FirstChunk = chunks;
            chunks += (range.Elements + ChunkElements - 1) / ChunkElements;
            end = range.Offset + range.Elements;
        }
        return checked((int)chunks);
    }
}
