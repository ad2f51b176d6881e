using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What tokens of features are made of.</summary>
internal readonly record struct FeatureTokensArguments
{
    /// <summary>x: (N, n + m·d), any storage format; n numbers, then m cells.</summary>
    public required Tensor X { get; init; }

    /// <summary>w: (n, d) Float32; without an address where there are no numbers.</summary>
    public Tensor Weight { get; init; }

    /// <summary>b: (T, d) Float32, T = 1 + n + m.</summary>
    public required Tensor Bias { get; init; }

    /// <summary>n.</summary>
    public int Count => Weight.Rows;

    /// <summary>T.</summary>
    public int Tokens => Bias.Rows;

    /// <summary>d.</summary>
    public int Columns => Bias.Columns;
}

/// <summary>Where the gradients of tokens of features go.</summary>
internal readonly record struct FeatureTokensGradients
{
    /// <summary>dy: (N·T, d), any storage format.</summary>
    public required Tensor Dy { get; init; }

    /// <summary>dx: as x, any storage format; without an address where it is not wanted. Padding is not touched.</summary>
    public Tensor Dx { get; init; }

    /// <summary>dw: (n, d) Float32; without an address where it is not wanted.</summary>
    public Tensor Weight { get; init; }

    /// <summary>db: (T, d) Float32; without an address where those of the parameters are not wanted.</summary>
    public Tensor Bias { get; init; }

    /// <summary>Whether those of the parameters are added to what is there.</summary>
    public bool Accumulate { get; init; }
}
