using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Tensors of a <see cref="MemberScaleKernel"/>. N examples, k members, C columns; row n·k + i is member i of example n.</summary>
internal readonly record struct MemberScaleArguments
{
    /// <summary>x: (N·k, C), any storage format.</summary>
    public Tensor X { get; init; }

    /// <summary>y: (N·k, C), any storage format; may be x. Padding is not touched. Of forward.</summary>
    public Tensor Y { get; init; }

    /// <summary>s: (k, C) Float32.</summary>
    public Tensor Scale { get; init; }

    /// <summary>b: (k, C) Float32; or default, for none.</summary>
    public Tensor Bias { get; init; }

    /// <summary>r: (k, C) Float32; or default, for none.</summary>
    public Tensor Next { get; init; }

    /// <summary>act.</summary>
    public ActivationKind Activation { get; init; }

    /// <summary>dy: (N·k, C), any storage format. Of backward.</summary>
    public Tensor Dy { get; init; }

    /// <summary>dx: (N·k, C), any storage format; may be dy; or default, for none. Padding is not touched. Of backward.</summary>
    public Tensor Dx { get; init; }

    /// <summary>ds: (k, C) Float32; or default, for no gradient of a parameter. Of backward.</summary>
    public Tensor DScale { get; init; }

    /// <summary>db: as b. Of backward.</summary>
    public Tensor DBias { get; init; }

    /// <summary>dr: as r. Of backward.</summary>
    public Tensor DNext { get; init; }

    /// <summary>Adds to the gradients of the parameters.</summary>
    public bool Accumulate { get; init; }

    /// <summary>k.</summary>
    public int Members => Scale.Rows;
}
