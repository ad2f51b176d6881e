namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What an algorithm is, for reports and for checks that it runs on Tensor Cores.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Tile">Its tile: cublasLtMatmulTile_t.</param>
/// <param name="Stages">Tiles kept in flight: cublasLtMatmulStages_t.</param>
/// <param name="SplitK">Parts that the inner dimension is split into.</param>
/// <param name="Reduction">How the parts are added.</param>
/// <param name="Numerics">How it really computes.</param>
internal readonly record struct AlgorithmDescription(
    int Id,
    int Tile,
    int Stages,
    int SplitK,
    cublasLtReductionScheme_t Reduction,
    NumericalFlags Numerics);
