using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>
/// Memory in a temporary file, for what main memory has no room for: the system keeps what is in use there and writes the rest out. The
/// file is gone
/// whatever happens: on Unix its name is removed as soon as it is open, on Windows the system deletes it when its handle closes, also of a
/// process that
/// is killed.
/// </summary>
internal sealed class FileMemory : IDisposable
{
    private const long SegmentBytes = 64L << 20;
    private const int ZeroBytes = 1 << 20;

    private readonly string _folder;
    private readonly FileStream _file;
    private readonly List<Segment> _segments = [];
    private long _used;

    /// <summary>Creates the file.</summary>
    /// <param name="folder">Where.</param>
    /// <exception cref="IOException">It cannot be created there; the message says what to do.</exception>
    public FileMemory(string folder)
    {
        _folder = folder;
        string path = Path.Combine(folder, $"mixedprecision-{Guid.NewGuid():N}.rows");
        _file = Create(folder, path);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }
    }

    /// <summary>Bytes of the file.</summary>
    public long Bytes => _file.Length;

    /// <summary>Zeroed memory that lives as long as this object.</summary>
    /// <param name="bytes">Size.</param>
    /// <exception cref="InsufficientMemoryException">The disk has no room.</exception>
    public DeviceMemory Allocate(long bytes)
    {
        long aligned = (bytes + CpuMemory.Alignment - 1) / CpuMemory.Alignment * CpuMemory.Alignment;
        if (_segments.Count == 0 || _used + aligned > _segments[^1].Bytes)
        {
            _segments.Add(AddSegment(Math.Max(SegmentBytes, aligned)));
            _used = 0;
        }

        var memory = new Part(_segments[^1], _used, bytes);
        _used += aligned;
        return memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Segment segment in _segments)
        {
            segment.Dispose();
        }

        _file.Dispose();
    }

    private static FileStream Create(string folder, string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Rows beyond MemoryLimit go to a temporary file, which cannot be made in the folder '{folder}': "
                + $"{e.Message} Set MLContext.TempFilePath to a folder that exists and may be written to, raise MemoryLimit, or train on "
                + $"fewer rows.", e);
        }
    }

    /// <summary>Writes zeros first: a mapped page that the disk then has no room for would end the process.</summary>
    private Segment AddSegment(long bytes)
    {
        long start = _file.Length;
        try
        {
            byte[] zeros = new byte[ZeroBytes];
            _file.Position = start;
            for (long left = bytes; left > 0; left -= zeros.Length)
            {
                _file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            }

            _file.Flush();
        }
        catch (IOException e)
        {
            throw new InsufficientMemoryException(string.Create(CultureInfo.InvariantCulture,
                $"Rows that main memory has no room for go to a temporary file; the folder '{_folder}' has no room for "
                    + $"{start + bytes:N0} bytes of it. Free space, set MLContext.TempFilePath to a folder with more, raise MemoryLimit, "
                    + $"or train on fewer rows."), e);
        }

        return new Segment(_file, start, bytes);
    }

    /// <summary>A mapped stretch of the file.</summary>
    private sealed unsafe class Segment : IDisposable
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;
        private byte* _address;

        /// <summary>Maps.</summary>
        public Segment(FileStream file, long start, long bytes)
        {
            Bytes = bytes;
            _map = MemoryMappedFile.CreateFromFile(
                file,
                null,
                0,
                MemoryMappedFileAccess.ReadWrite,
                HandleInheritability.None,
                leaveOpen: true);
            _view = _map.CreateViewAccessor(start, bytes, MemoryMappedFileAccess.ReadWrite);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _address);
            _address += _view.PointerOffset;
        }

        /// <summary>Size.</summary>
        public long Bytes { get; }

        /// <summary>First address.</summary>
        public nint Address
        {
            get
            {
                ObjectDisposedException.ThrowIf(_address == null, this);
                return (nint)_address;
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_address == null)
            {
                return;
            }

            _address = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }

    /// <summary>A part of a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="bytes">Its size.</param>
    private sealed class Part(Segment segment, long offset, long bytes) : DeviceMemory
    {
        /// <inheritdoc/>
        public override nint Address => segment.Address + (nint)offset;

        /// <inheritdoc/>
        public override long Bytes => bytes;

        /// <inheritdoc/>
        /// <remarks>The segment goes with the file.</remarks>
        public override void Dispose()
        {
        }
    }
}
