namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>A product's data, all in device memory.</summary>
/// <param name="A">Address of the left operand.</param>
/// <param name="B">Address of the right operand.</param>
/// <param name="C">Address of what is added; may be <paramref name="D"/>. Not read where beta is 0.</param>
/// <param name="D">Address of the result.</param>
/// <param name="Workspace">Address of the workspace; 0 for none.</param>
/// <param name="WorkspaceBytes">Its size: at least what the algorithm needs.</param>
internal readonly record struct MatmulOperands(nint A, nint B, nint C, nint D, nint Workspace, long WorkspaceBytes)
{
    /// <summary>Factor of the product.</summary>
    public float Alpha { get; init; } = 1;

    /// <summary>Factor of C.</summary>
    public float Beta { get; init; }
}
