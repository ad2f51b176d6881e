using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): 60,000 + 10,000 pictures of clothes, 28 × 28 grey values, ten classes. The
/// split is given.</summary>
internal sealed class FashionMnist : ParityData
{
    private const int Side = 28;
    private const int Pixels = Side * Side;
    private const int Classes = 10;
    private readonly Picture[] _train;
    private readonly Picture[] _test;

    /// <summary>Reads the pictures.</summary>
    /// <param name="folder">Where the four .gz files lie.</param>
    /// <exception cref="FileNotFoundException">One is missing.</exception>
    /// <exception cref="InvalidDataException">One is damaged, or something else.</exception>
    public FashionMnist(string folder)
        : base("fashion_mnist", epochs: 10)
    {
        _train = Read(folder, "train");
        _test = Read(folder, "t10k");
    }

    /// <inheritdoc/>
    public override (IDataView Train, IDataView Test) Split(MLContext ml, int seed)
        => (ml.Data.LoadFromEnumerable(_train), ml.Data.LoadFromEnumerable(_test));

    /// <inheritdoc/>
    public override EstimatorChain<ITransformer> Preparation(MLContext ml)
        => KeysAndRange(
            ml,
            new EstimatorChain<ITransformer>().Append(
                (IEstimator<ITransformer>)ml.Transforms.Conversion.ConvertType("Features", nameof(Picture.Grey))),
            nameof(Picture.Class));

    private static Picture[] Read(string folder, string part)
    {
        IdxFile images = Open(folder, $"{part}-images-idx3-ubyte.gz", dimensions: 3);
        IdxFile labels = Open(folder, $"{part}-labels-idx1-ubyte.gz", dimensions: 1);
        if (images.Shape[0] != labels.Shape[0] || images.Shape[1] != Side || images.Shape[2] != Side || labels.Values.Max() >= Classes)
        {
            throw new InvalidDataException($"The '{part}' files of {folder} hold {string.Join(" × ", images.Shape)} pixels and "
                + $"{labels.Shape[0]} labels up to {labels.Values.Max()}; {Side} × {Side} pixels and a label below {Classes} for each "
                + $"picture are expected. Get the files again.");
        }

        return [
            .. labels.Values.Select((label, i) => new Picture { Grey = images.Values[(i * Pixels)..((i + 1) * Pixels)], Class = label })];
    }

    private static IdxFile Open(string folder, string name, int dimensions)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path)
            ? IdxFile.Read(path, dimensions)
            : throw new FileNotFoundException($"{path} is not there. Install Debian's package dataset-fashion-mnist, name the folder "
                + $"of its four .gz files with --fashion-mnist, or leave fashion_mnist out of --data.", path);
    }

    /// <summary>A row.</summary>
    private sealed class Picture
    {
        /// <summary>Grey values, row by row.</summary>
        [VectorType(Pixels)]
        public byte[] Grey { get; init; } = [];

        /// <summary>What it shows, 0 to 9.</summary>
        public byte Class { get; init; }
    }
}
