using System.Security.Cryptography;

namespace Microsoft.ML.MixedPrecision.Tensors.Kernels;

/// <summary>
/// Machine code, and which algorithm a product was found fastest with, on disk. An entry is written beside its place and renamed, so that
/// nobody
/// reads half of one; it begins with the SHA-256 of the rest, and one that does not agree with it is made anew. A folder that cannot be
/// read or
/// written only costs time.
/// </summary>
internal sealed class KernelCache
{
    private readonly string? _folder;

    /// <summary>A cache in a folder.</summary>
    /// <param name="folder">The folder, which need not exist; null: nothing is kept.</param>
    public KernelCache(string? folder) => _folder = folder;

    /// <summary>
    /// The user's: <c>$XDG_CACHE_HOME</c> or <c>~/.cache</c> on Linux and macOS, the local application data on Windows, and there
    /// <c>Microsoft.ML.MixedPrecision/kernels</c>; without a home, none.
    /// </summary>
    public static KernelCache OfUser()
    {
        string? root = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : UnixCache();
        return new KernelCache(string.IsNullOrEmpty(root) ? null : Path.Combine(root, "Microsoft.ML.MixedPrecision", "kernels"));
    }

    /// <summary>Reads an entry, or makes and keeps it.</summary>
    /// <param name="key">Its name: letters, digits and <c>-_</c>.</param>
    /// <param name="make">Makes it.</param>
    public byte[] GetOrAdd(string key, Func<byte[]> make)
    {
        if (_folder is null)
        {
            return make();
        }

        string path = Path.Combine(_folder, key + ".bin");
        if (Read(path) is { } kept)
        {
            return kept;
        }

        byte[] made = make();
        Write(path, made);
        return made;
    }

    /// <summary>Whether an entry is kept, so that the next process finds it.</summary>
    /// <param name="key">Its name.</param>
    public bool Keeps(string key) => _folder is not null && File.Exists(Path.Combine(_folder, key + ".bin"));

    private static string? UnixCache()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!string.IsNullOrEmpty(cache) && Path.IsPathRooted(cache))
        {
            return cache;
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return string.IsNullOrEmpty(home) ? null : Path.Combine(home, ".cache");
    }

    private static byte[]? Read(string path)
    {
        try
        {
            byte[] entry = File.ReadAllBytes(path);
            if (entry.Length <= SHA256.HashSizeInBytes)
            {
                return null;
            }

            var content = entry.AsSpan(SHA256.HashSizeInBytes);
            return SHA256.HashData(content).AsSpan().SequenceEqual(entry.AsSpan(0, SHA256.HashSizeInBytes)) ? content.ToArray() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(string path, byte[] content)
    {
        string beside = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(_folder!);
            File.WriteAllBytes(beside, [.. SHA256.HashData(content), .. content]);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(beside);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing more can be done about a leftover.
        }
    }
}
