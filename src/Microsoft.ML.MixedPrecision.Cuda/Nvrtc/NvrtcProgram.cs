using System.Runtime.InteropServices;
using System.Text;
using static Microsoft.ML.MixedPrecision.Cuda.Nvrtc.NativeMethods;
using static Microsoft.ML.MixedPrecision.Cuda.Nvrtc.NvrtcStatus;

namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>A source in CUDA C++ on its way to machine code. Needs no context.</summary>
internal sealed unsafe class NvrtcProgram : SafeHandle
{
    private readonly string _name;

    /// <summary>Takes a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="name">Its name in messages, for example <c>adam_w.cu</c>.</param>
    /// <param name="headers">Files that it may include, by name.</param>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public NvrtcProgram(string source, string name, IReadOnlyDictionary<string, string> headers)
        : base(0, ownsHandle: true)
    {
        _name = name;
        using var texts = new Utf8Strings(headers.Values);
        using var names = new Utf8Strings(headers.Keys);
        ThrowIfFailed(nvrtcCreateProgram(out nint program, source, name, headers.Count, texts.Pointers, names.Pointers));
        SetHandle(program);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>What the compiler said: warnings, and after a failure errors.</summary>
    public string Log
    {
        get
        {
            ThrowIfFailed(nvrtcGetProgramLogSize(this, out nuint size));
            byte[] log = new byte[size];
            fixed (byte* text = log)
            {
                ThrowIfFailed(nvrtcGetProgramLog(this, text));
            }

            return Encoding.UTF8.GetString(log).TrimEnd('\0').Trim();
        }
    }

    /// <summary>Compiles to machine code.</summary>
    /// <param name="options">The compiler's options, among them <c>--gpu-architecture=sm_90</c> or the like.</param>
    /// <exception cref="CudaException">The source has errors; the message holds the log.</exception>
    public byte[] Compile(params IReadOnlyCollection<string> options)
    {
        using var texts = new Utf8Strings(options);
        nvrtcResult status = nvrtcCompileProgram(this, options.Count, texts.Pointers);
        if (status == nvrtcResult.NVRTC_ERROR_COMPILATION)
        {
            throw new CudaException(Describe(status, nameof(nvrtcCompileProgram), $"{_name} with "
                + $"{string.Join(' ', options)}:{Environment.NewLine}{Log}"));
        }

        ThrowIfFailed(status, nameof(nvrtcCompileProgram));
        ThrowIfFailed(nvrtcGetCUBINSize(this, out nuint size));
        byte[] cubin = new byte[size];
        fixed (byte* code = cubin)
        {
            ThrowIfFailed(nvrtcGetCUBIN(this, code));
        }

        return cubin;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => nvrtcDestroyProgram(ref handle) == nvrtcResult.NVRTC_SUCCESS;
}
