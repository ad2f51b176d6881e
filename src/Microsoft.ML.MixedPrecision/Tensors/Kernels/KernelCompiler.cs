using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

namespace Microsoft.ML.MixedPrecision.Tensors.Kernels;

/// <summary>Turns a kernel's source into machine code for one architecture, with NVRTC.</summary>
internal static class KernelCompiler
{
    /// <summary>
    /// The compiler's options. <c>--fmad=false</c>: a product and a sum are rounded each unless the source says fmaf, as on the CPU, so
    /// that
    /// both engines store the same bits.
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="variant">The values of its macros.</param>
    /// <param name="capability">Compute capability times 10.</param>
    public static IReadOnlyList<string> Options(KernelSource source, in KernelVariant variant, int capability)
        => [$"--gpu-architecture=sm_{capability}", "--std=c++17", "--fmad=false", .. variant.Definitions(source.Macros)];

    /// <summary>Names machine code by everything that it comes from: source, headers, options (architecture and macros) and
    /// compiler.</summary>
    /// <param name="source">The source.</param>
    /// <param name="options">See <see cref="Options"/>.</param>
    /// <param name="compiler">NVRTC's version.</param>
    public static string Key(KernelSource source, IReadOnlyList<string> options, Version compiler)
    {
        // Every part is followed by a zero, so that no two lists of parts join to the same text.
        var text = new StringBuilder();
        foreach (string part in (string[])[compiler.ToString(), .. options, source.Name, source.Text])
        {
            text.Append(part).Append('\0');
        }

        foreach ((string name, string header) in source.Headers)
        {
            text.Append(name).Append('\0').Append(header).Append('\0');
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        return $"{Path.GetFileNameWithoutExtension(source.Name)}-{hash[..32]}";
    }

    /// <summary>Compiles.</summary>
    /// <param name="source">The source.</param>
    /// <param name="options">See <see cref="Options"/>.</param>
    /// <exception cref="MixedPrecision.Cuda.CudaException">It does not compile; the message holds the compiler's log.</exception>
    public static byte[] Compile(KernelSource source, IReadOnlyList<string> options)
    {
        using var program = new NvrtcProgram(source.Text, source.Name, source.Headers);
        return program.Compile([.. options]);
    }
}
