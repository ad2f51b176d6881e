namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>The vector width a CPU kernel runs with. Every path runs on every machine; without the hardware it is only slower.</summary>
internal enum SimdPath
{
    /// <summary>One element at a time.</summary>
    Portable,

    /// <summary>128-bit vectors: 4 elements (SSE, NEON).</summary>
    Vector128,

    /// <summary>256-bit vectors: 8 elements (AVX2 with FMA).</summary>
    Vector256,

    /// <summary>512-bit vectors: 16 elements (AVX-512).</summary>
    Vector512,
}
