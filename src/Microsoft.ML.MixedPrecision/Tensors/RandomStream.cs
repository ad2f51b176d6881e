namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>The numbers of one <see cref="Philox"/> key in order. Streams of the same seed with other numbers are independent.</summary>
internal struct RandomStream
{
    private readonly (uint, uint) _key;
    private readonly uint _stream;
    private (uint X0, uint X1, uint X2, uint X3) _block;
    private ulong _drawn;

    /// <summary>Starts a stream.</summary>
    /// <param name="seed">The user's seed.</param>
    /// <param name="purpose">What the numbers are for; each purpose has numbers of its own.</param>
    /// <param name="stream">Number of the stream within the purpose: a parameter's position, an epoch.</param>
    public RandomStream(int seed, RandomPurpose purpose, int stream)
    {
        _key = ((uint)seed, (uint)purpose);
        _stream = (uint)stream;
    }

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        int lane = (int)(_drawn & 3);
        if (lane == 0)
        {
            ulong block = _drawn >> 2;
            _block = Philox.Draw(((uint)block, (uint)(block >> 32), _stream, 0), _key);
        }

        _drawn++;
        return lane switch { 0 => _block.X0, 1 => _block.X1, 2 => _block.X2, _ => _block.X3 };
    }

    /// <summary>A number in [0, 1), a multiple of 2^-32.</summary>
    public double NextDouble() => NextUInt32() * (1.0 / 4294967296.0);

    /// <summary>A whole number in [0, <paramref name="count"/>), by the upper half of a 64-bit product (bias under count / 2^32).</summary>
    public int NextInt32(int count) => (int)(((ulong)NextUInt32() * (uint)count) >> 32);

    /// <summary>A standard normal number: √(−2 ln u)·cos(2πv) with u in (0, 1] (Box and Muller, 1958).</summary>
    public double NextNormal()
    {
        double u = 1.0 - NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * NextDouble());
    }
}

/// <summary>What random numbers are drawn for.</summary>
internal enum RandomPurpose
{
    /// <summary>Starting weights; one stream a parameter.</summary>
    Initialization = 1,

    /// <summary>Order of the rows; one stream an epoch.</summary>
    Shuffle = 2,

    /// <summary>Which rows validate.</summary>
    Split = 3,

    /// <summary>What dropout drops.</summary>
    Dropout = 4,

    /// <summary>Rows, and their shares, that starting weights are fitted to.</summary>
    DataDrivenStart = 5,

    /// <summary>What dropout drops of an attention's softmax.</summary>
    Attention = 6,

    /// <summary>Tokens of generated texts.</summary>
    Generation = 7,
}
