using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// A product for cuBLASLt, or several at once: descriptors, epilogue and algorithm, built once, before any capture. Sums are kept in
/// Float32; where the inner dimension is split, the parts are added in Float32 too, in a fixed order.
/// </summary>
/// <remarks>
/// cuBLASLt counts matrices column by column. C row by row is Cᵀ column by column, and Cᵀ = op(B)ᵀ·op(A)ᵀ: its left operand is our B, its
/// right one our A, each as it lies.
/// </remarks>
internal sealed class MatmulPlan : IDisposable
{
    private readonly CublasLtLibrary _library;
    private readonly MatmulDescriptor _descriptor;
    private readonly MatrixLayout _left;
    private readonly MatrixLayout _right;
    private readonly MatrixLayout _result;
    private readonly cudaDataType_t _resultType;
    private readonly bool _hasBias;
    private cublasLtMatmulAlgo_t _algorithm;

    /// <summary>Describes a product; <see cref="Use"/> an algorithm before the first run.</summary>
    /// <param name="library">cuBLASLt.</param>
    /// <param name="key">The product.</param>
    public MatmulPlan(CublasLtLibrary library, in MatmulKey key)
    {
        (_library, _hasBias) = (library, key.HasBias);
        _resultType = key.Result.Traits().MatrixType;
        cudaDataType_t type = key.Operand.Traits().MatrixType;
        (int m, int n, int k) = key.Shape;
        _descriptor = new MatmulDescriptor(key.Operand.Traits().ComputeType, transposeA: key.TransposeB, transposeB: key.TransposeA);
        _left = key.TransposeB ? new(type, k, n, key.Pitches.B) : new(type, n, k, key.Pitches.B);
        _right = key.TransposeA ? new(type, m, k, key.Pitches.A) : new(type, k, m, key.Pitches.A);
        _result = new(_resultType, n, m, key.Pitches.C);
        if (key.Batch.Count > 0)
        {
            _left.SetBatch(key.Batch.Count, key.Batch.B);
            _right.SetBatch(key.Batch.Count, key.Batch.A);
            _result.SetBatch(key.Batch.Count, key.Batch.C);
            if (_hasBias)
            {
                _descriptor.SetBiasStride(key.Batch.Bias);
            }
        }

        _descriptor.SetEpilogue((key.HasBias, key.HasRelu) switch
        {
            (false, false) => cublasLtEpilogue_t.CUBLASLT_EPILOGUE_DEFAULT,
            (true, false) => cublasLtEpilogue_t.CUBLASLT_EPILOGUE_BIAS,
            (false, true) => cublasLtEpilogue_t.CUBLASLT_EPILOGUE_RELU,
            (true, true) => cublasLtEpilogue_t.CUBLASLT_EPILOGUE_RELU_BIAS,
        });
    }

    /// <summary>The chosen algorithm as the library takes it.</summary>
    public cublasLtMatmulAlgo_t Chosen => _algorithm;

    /// <summary>The chosen algorithm.</summary>
    public AlgorithmDescription Algorithm => CublasLtLibrary.Describe(_algorithm);

    private MatmulProblem Problem => new(_descriptor, _left, _right, _result, _result);

    /// <summary>Algorithms for it, the fastest by estimate first.</summary>
    /// <param name="preference">What is asked of them.</param>
    /// <param name="bias">Address of the bias, which decides with.</param>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<cublasLtMatmulHeuristicResult_t> Candidates(MatmulPreference preference, nint bias, int most)
    {
        SetBias(bias);
        return _library.FindAlgorithms(Problem, preference, most);
    }

    /// <summary>Whether an algorithm, perhaps one that was stored, runs it within a workspace.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="workspaceBytes">Bytes of workspace.</param>
    public bool Runs(in cublasLtMatmulAlgo_t algorithm, long workspaceBytes)
    {
        try
        {
            return (long)_library.Check(Problem, algorithm).workspaceSize <= workspaceBytes;
        }
        catch (Cuda.CudaException)
        {
            return false;
        }
    }

    /// <summary>Chooses an algorithm.</summary>
    /// <param name="algorithm">The algorithm.</param>
    public void Use(in cublasLtMatmulAlgo_t algorithm) => _algorithm = algorithm;

    /// <summary>Adds the product to a stream, whose context is current. Allocates nothing.</summary>
    /// <param name="operands">Its data; A is our B.</param>
    /// <param name="bias">Address of the bias; not looked at where there is none.</param>
    /// <param name="stream">The stream.</param>
    public void Run(in MatmulOperands operands, nint bias, CudaStream stream)
    {
        SetBias(bias);
        _library.Multiply(Problem, operands, _algorithm, stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _descriptor.Dispose();
        _left.Dispose();
        _right.Dispose();
        _result.Dispose();
    }

    private void SetBias(nint bias)
    {
        if (_hasBias)
        {
            _descriptor.SetBias(bias, _resultType);
        }
    }
}
