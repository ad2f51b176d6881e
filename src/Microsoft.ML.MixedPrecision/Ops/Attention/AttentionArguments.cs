using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = softmax(Q·Kᵀ/√D)·V, for each example and head; see <see cref="AttentionKernel"/>.</summary>
internal readonly record struct AttentionArguments
{
    /// <summary>Sizes.</summary>
    public required AttentionShape Shape { get; init; }

    /// <summary>Q, K and V beside each other: (R, 3·H·D), the columns of head h from h·D on in each of the three; of any storage
    /// format.</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>y: (R, H·D), of the format of <see cref="Qkv"/>; written by forward, read by backward. Padding behind the columns is not
    /// touched.</summary>
    public required Tensor Y { get; init; }

    /// <summary>(R, H), Float32: m + ln Σ exp(s − m) of each row's scores, m their maximum; 0 in rows of no example. Forward writes it
    /// where it is given, backward reads it.</summary>
    public Tensor Statistics { get; init; }

    /// <summary>Where examples lie; rows of none get 0.</summary>
    public required ExamplePlaces Places { get; init; }

    /// <summary>What is dropped of the softmax; its rate is 0 for nothing.</summary>
    public AttentionDropout Dropout { get; init; }

    /// <summary>Address of the <see cref="StepPosition"/> on the device; read where something is dropped.</summary>
    public nint Position { get; init; }
}
