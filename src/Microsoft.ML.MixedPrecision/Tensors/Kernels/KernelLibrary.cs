using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Tensors.Kernels;

/// <summary>The kernels of one card, compiled and loaded when first asked for.</summary>
internal sealed class KernelLibrary : IDisposable
{
    private readonly CudaContext _context;
    private readonly KernelCache _cache;
    private readonly ConcurrentDictionary<KernelVariant, CudaKernel> _kernels = new();
    private readonly Dictionary<string, CudaModule> _modules = [];
    private readonly Dictionary<string, KernelSource> _sources = [];
    private readonly Lock _lock = new();
    private Version? _compiler;

    /// <summary>Starts with none.</summary>
    /// <param name="context">The card.</param>
    /// <param name="cache">Where machine code is kept.</param>
    public KernelLibrary(CudaContext context, KernelCache cache) => (_context, _cache) = (context, cache);

    /// <summary>A kernel. Allocates nothing but the first time.</summary>
    /// <param name="variant">Which.</param>
    /// <exception cref="MixedPrecision.Cuda.CudaException">It does not compile or load.</exception>
    public CudaKernel Get(in KernelVariant variant)
        => _kernels.TryGetValue(variant, out CudaKernel? kernel) ? kernel : Load(variant);

    /// <summary>Unloads all.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _kernels.Clear();
            foreach (CudaModule module in _modules.Values)
            {
                module.Dispose();
            }

            _modules.Clear();
        }
    }

    private CudaKernel Load(KernelVariant variant)
    {
        lock (_lock)
        {
            CudaKernel kernel = ModuleOf(variant).GetKernel(variant.Function);
            _kernels[variant] = kernel;
            return kernel;
        }
    }

    /// <summary>Kernels of one source and the same macros share a module.</summary>
    private CudaModule ModuleOf(in KernelVariant variant)
    {
        if (!_sources.TryGetValue(variant.File, out KernelSource? source))
        {
            _sources[variant.File] = source = KernelSource.Load(variant.File);
        }

        _compiler ??= NvrtcCompiler.ReadVersion();
        IReadOnlyList<string> options = KernelCompiler.Options(source, variant, _context.Properties.Capability);
        string key = KernelCompiler.Key(source, options, _compiler);
        if (!_modules.TryGetValue(key, out CudaModule? module))
        {
            _modules[key] = module = new CudaModule(_context, _cache.GetOrAdd(key, () => KernelCompiler.Compile(source, options)));
        }

        return module;
    }
}
