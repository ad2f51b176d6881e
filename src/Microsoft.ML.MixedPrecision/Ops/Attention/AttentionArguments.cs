using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = softmax(Q·Kᵀ/√D)·V, for each example and head; see <see cref="AttentionKernel"/>.</summary>
internal readonly record struct AttentionArguments
{
    /// <summary>Sizes.</summary>
    public required AttentionShape Shape { get; init; }

    /// <summary>Q, K and V beside each other: (N·T, 3·H·D), the columns of head h from h·D on in each of the three; of any storage
    /// format.</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>y: (N·T, H·D), of the format of <see cref="Qkv"/>; written by forward, read by backward. Padding is not touched.</summary>
    public required Tensor Y { get; init; }

    /// <summary>(N·T, H), Float32: m + ln Σ exp(s − m) of each row's scores, m their maximum; 0 where a row sees no step. Forward writes it
    /// where it is given, backward reads it.</summary>
    public Tensor Statistics { get; init; }

    /// <summary>Address of N Int32 on the device: how many steps of each example are real, 0 to T; 0 where all are.</summary>
    public nint Lengths { get; init; }

    /// <summary>What is dropped of the softmax; its rate is 0 for nothing.</summary>
    public AttentionDropout Dropout { get; init; }

    /// <summary>Address of the <see cref="StepPosition"/> on the device; read where something is dropped.</summary>
    public nint Position { get; init; }
}
