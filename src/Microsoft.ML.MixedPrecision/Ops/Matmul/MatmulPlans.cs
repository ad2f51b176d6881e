using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The products of a card. The first time that a product comes, the candidates of cuBLASLt's heuristic are timed and the fastest is taken,
/// and kept on disk by shape, card and library version, so that another run takes the same and gives the same bits. Where it cannot be
/// kept,
/// the heuristic's first is taken, which also is the same in every run.
/// </summary>
internal sealed class MatmulPlans : IDisposable
{
    /// <summary>Allowed ways to add the parts of a split inner dimension: in Float32, in the workspace, in a fixed order.</summary>
    private const cublasLtReductionScheme_t Reductions = cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;

    private const int MostCandidates = 16;

    private readonly CudaDevice _device;
    private readonly CublasLtLibrary _library;
    private readonly Version _version = CublasLtLibrary.ReadVersion();
    private readonly Dictionary<MatmulKey, MatmulPlan> _plans = [];
    private readonly Dictionary<string, byte[]> _preferred = [];

    /// <summary>Starts with none.</summary>
    /// <param name="device">The card.</param>
    public MatmulPlans(CudaDevice device) => (_device, _library) = (device, new CublasLtLibrary(device.Context));

    /// <summary>The products so far, with their algorithms.</summary>
    public IEnumerable<(MatmulKey Key, AlgorithmDescription Algorithm)> Algorithms
        => _plans.Select(pair => (pair.Key, pair.Value.Algorithm));

    /// <summary>A card's.</summary>
    /// <param name="device">The card.</param>
    public static MatmulPlans Of(CudaDevice device) => device.Own(static card => new MatmulPlans(card));

    /// <summary>Receives the products that are asked for; null for nobody.</summary>
    public HashSet<MatmulKey>? Listener { get; set; }

    /// <summary>
    /// The algorithms of some products, as the library's bytes, by product, card, library version and workspace; beside them the preferred
    /// ones that nothing has asked for yet.
    /// </summary>
    /// <param name="products">Which.</param>
    public IReadOnlyDictionary<string, byte[]> Chosen(IReadOnlySet<MatmulKey> products)
    {
        var chosen = new Dictionary<string, byte[]>(_preferred);
        foreach ((MatmulKey key, MatmulPlan plan) in _plans.Where(pair => products.Contains(pair.Key)))
        {
            chosen[TextOf(key)] = BytesOf(plan.Chosen);
        }

        return chosen;
    }

    /// <summary>
    /// Takes these algorithms from now on, before any other, whatever is kept on disk: so that a run that is resumed gives the bits of one
    /// that was not stopped. Those of another
    /// card or library version are left out, and what no longer runs is chosen anew.
    /// </summary>
    /// <param name="chosen">As <see cref="Chosen"/> gave them.</param>
    public void Prefer(IReadOnlyDictionary<string, byte[]> chosen)
    {
        string ofThisCard = string.Create(CultureInfo.InvariantCulture, $"{Card} ");
        foreach ((string product, byte[] algorithm) in chosen)
        {
            if (product.StartsWith(ofThisCard, StringComparison.Ordinal) && algorithm.Length == Marshal.SizeOf<cublasLtMatmulAlgo_t>())
            {
                _preferred[product] = algorithm;
            }
        }
        foreach ((MatmulKey key, MatmulPlan plan) in _plans)
        {
            TryPreferred(plan, key, CudaLane.WorkspaceBytes);
        }
    }

    /// <summary>A line for each of some products: sizes, formats, epilogue, and the algorithm with what it says of its
    /// instructions.</summary>
    /// <param name="products">Which.</param>
    public string Explain(IReadOnlySet<MatmulKey> products)
    {
        var text = new StringBuilder();
        foreach ((MatmulKey key, AlgorithmDescription algorithm) in Algorithms.Where(product => products.Contains(product.Key)))
        {
            string epilogue = (key.HasBias ? " + bias" : "") + (key.HasRelu ? " + Relu" : "");
            string members = key.Batch.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{key.Batch.Count} × ");
            string split = algorithm.SplitK > 1 ? $", {algorithm.SplitK} parts added in Float32" : "";
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"product {members}{key.Shape.M} × {key.Shape.N} × {key.Shape.K}{epilogue}, {key.Operand} → {key.Result}: "
                    + $"cuBLASLt {_version} algorithm {algorithm.Id}, tile {algorithm.Tile}{split}; {algorithm.Numerics}"));
        }

        return text.ToString();
    }

    /// <summary>
    /// A product's plan. Choosing one runs the product several times, which leaves C as one run with β = 0 would, or as it was where β is
    /// not 0.
    /// </summary>
    /// <param name="key">The product.</param>
    /// <param name="operands">Data to choose with.</param>
    /// <param name="bias">Address of the bias.</param>
    public MatmulPlan Get(in MatmulKey key, in MatmulOperands operands, nint bias)
    {
        Listener?.Add(key);
        if (_plans.TryGetValue(key, out MatmulPlan? plan))
        {
            return plan;
        }

        plan = new MatmulPlan(_library, key);
        try
        {
            using DeviceMemory? kept = operands.Beta == 0 ? null : Copy(operands.C, BytesOfC(key));
            Choose(plan, key, operands with { Beta = 0 }, bias);
            if (kept is not null)
            {
                _device.Stream.CopyOnDevice(kept.Address, operands.C, BytesOfC(key));
                _device.Synchronize();
            }
        }
        catch
        {
            plan.Dispose();
            throw;
        }
        _plans.Add(key, plan);
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MatmulPlan plan in _plans.Values)
        {
            plan.Dispose();
        }

        _library.Dispose();
    }

    private static long BytesOfC(in MatmulKey key)
        => (((key.Shape.M - 1L) * key.Pitches.C) + ((key.Batch.Products - 1) * key.Batch.C) + key.Shape.N) * key.Result.BytesPerElement();

    private DeviceMemory Copy(nint from, long bytes)
    {
        DeviceMemory copy = _device.Allocate(bytes);
        _device.Context.MakeCurrent();
        _device.Stream.CopyOnDevice(from, copy.Address, bytes);
        return copy;
    }

    private void Choose(MatmulPlan plan, MatmulKey key, MatmulOperands operands, nint bias)
    {
        using var preference = new MatmulPreference(operands.WorkspaceBytes, Reductions);
        preference.SetAlignments(key.Alignment, key.Alignment, key.Alignment, key.Alignment);
        IReadOnlyList<cublasLtMatmulHeuristicResult_t> candidates = plan.Candidates(preference, bias, MostCandidates);
        if (_device.IsGuarded)
        {
            // Under a checker times mean nothing.
            plan.Use(candidates[0].algo);
            return;
        }

        if (TryPreferred(plan, key, operands.WorkspaceBytes))
        {
            return;
        }

        string entry = EntryOf(key);
        byte[] chosen = _device.Cache.GetOrAdd(
            entry,
            () => BytesOf(new MatmulTimer(_device, plan, operands, bias, key).Fastest(candidates)));
        if (!(_device.Cache.Keeps(entry) && TryUse(plan, chosen, operands.WorkspaceBytes)))
        {
            plan.Use(candidates[0].algo);
        }
    }

    private bool TryPreferred(MatmulPlan plan, in MatmulKey key, long workspaceBytes)
        => _preferred.TryGetValue(TextOf(key), out byte[]? bytes) && TryUse(plan, bytes, workspaceBytes);

    /// <summary>Uses a stored algorithm, if it is one and runs.</summary>
    private static bool TryUse(MatmulPlan plan, byte[] bytes, long workspaceBytes)
    {
        if (bytes.Length != Marshal.SizeOf<cublasLtMatmulAlgo_t>())
        {
            return false;
        }

        var algorithm = MemoryMarshal.Read<cublasLtMatmulAlgo_t>(bytes);
        if (!plan.Runs(algorithm, workspaceBytes))
        {
            return false;
        }

        plan.Use(algorithm);
        return true;
    }

    private static byte[] BytesOf(cublasLtMatmulAlgo_t algorithm)
        => MemoryMarshal.AsBytes(new ReadOnlySpan<cublasLtMatmulAlgo_t>(in algorithm)).ToArray();

    /// <summary>What algorithms depend on beside the product.</summary>
    private string Card => string.Create(CultureInfo.InvariantCulture, $"{_device.Properties.Name} {_version} {CudaLane.WorkspaceBytes}");

    private string TextOf(in MatmulKey key)
        => string.Create(CultureInfo.InvariantCulture, $"{Card} {key}");

    private string EntryOf(in MatmulKey key)
        => $"product-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TextOf(key))))[..32]}";
}
