using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>Imports of cuBLASLt under NVIDIA's names. Nothing is checked here: <see cref="CublasStatus"/> does that.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#using-the-cublaslt-api</remarks>
internal static unsafe partial class NativeMethods
{
    private const string Library = LibraryNames.CublasLt;

    static NativeMethods() => NativeLibraryResolver.Register();

    /// <summary>Starts the library in the current context.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtCreate(out nint lightHandle);

    /// <summary>Gives up what <see cref="cublasLtCreate"/> took.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtDestroy(nint lightHandle);

    /// <summary>The version: 10000 × major + 100 × minor + patch.</summary>
    [LibraryImport(Library)]
    public static partial nuint cublasLtGetVersion();

    /// <summary>The error's name, a static string.</summary>
    [LibraryImport(Library)]
    public static partial nint cublasLtGetStatusName(cublasStatus_t status);

    /// <summary>The error's text, a static string.</summary>
    [LibraryImport(Library)]
    public static partial nint cublasLtGetStatusString(cublasStatus_t status);

    /// <summary>Describes a product: how it is computed, and the type of alpha and beta.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulDescCreate(
        out nint matmulDesc,
        cublasComputeType_t computeType,
        cudaDataType_t scaleType);

    /// <summary>Ends a description.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulDescDestroy(nint matmulDesc);

    /// <summary>Sets a property of a product.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulDescSetAttribute(
        MatmulDescriptor matmulDesc,
        cublasLtMatmulDescAttributes_t attr,
        void* buf,
        nuint sizeInBytes);

    /// <summary>Describes a column-major matrix.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatrixLayoutCreate(
        out nint matLayout,
        cudaDataType_t type,
        ulong rows,
        ulong cols,
        long ld);

    /// <summary>Ends a description.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatrixLayoutDestroy(nint matLayout);

    /// <summary>Sets a property of a matrix.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatrixLayoutSetAttribute(
        MatrixLayout matLayout,
        cublasLtMatrixLayoutAttribute_t attr,
        void* buf,
        nuint sizeInBytes);

    /// <summary>Describes what is asked of algorithms.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulPreferenceCreate(out nint pref);

    /// <summary>Ends a description.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulPreferenceDestroy(nint pref);

    /// <summary>Sets something asked of algorithms.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulPreferenceSetAttribute(
        MatmulPreference pref,
        cublasLtMatmulPreferenceAttributes_t attr,
        void* buf,
        nuint sizeInBytes);

    /// <summary>Algorithms for a product, the fastest by estimate first.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulAlgoGetHeuristic(
        CublasLtLibrary lightHandle,
        MatmulDescriptor operationDesc,
        MatrixLayout aDesc,
        MatrixLayout bDesc,
        MatrixLayout cDesc,
        MatrixLayout dDesc,
        MatmulPreference preference,
        int requestedAlgoCount,
        cublasLtMatmulHeuristicResult_t* heuristicResultsArray,
        out int returnAlgoCount);

    /// <summary>Whether an algorithm can run a product; sets everything of the result but the algorithm.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulAlgoCheck(
        CublasLtLibrary lightHandle,
        MatmulDescriptor operationDesc,
        MatrixLayout aDesc,
        MatrixLayout bDesc,
        MatrixLayout cDesc,
        MatrixLayout dDesc,
        cublasLtMatmulAlgo_t* algo,
        cublasLtMatmulHeuristicResult_t* result);

    /// <summary>Reads a choice of an algorithm.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(
        cublasLtMatmulAlgo_t* algo,
        cublasLtMatmulAlgoConfigAttributes_t attr,
        void* buf,
        nuint sizeInBytes,
        nuint* sizeWritten);

    /// <summary>Reads the nature of an algorithm.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(
        cublasLtMatmulAlgo_t* algo,
        cublasLtMatmulAlgoCapAttributes_t attr,
        void* buf,
        nuint sizeInBytes,
        nuint* sizeWritten);

    /// <summary>D = epilogue(alpha · op(A) · op(B) + beta · C), in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial cublasStatus_t cublasLtMatmul(
        CublasLtLibrary lightHandle,
        MatmulDescriptor computeDesc,
        float* alpha,
        nint a,
        MatrixLayout aDesc,
        nint b,
        MatrixLayout bDesc,
        float* beta,
        nint c,
        MatrixLayout cDesc,
        nint d,
        MatrixLayout dDesc,
        cublasLtMatmulAlgo_t* algo,
        nint workspace,
        nuint workspaceSizeInBytes,
        CudaStream stream);
}
