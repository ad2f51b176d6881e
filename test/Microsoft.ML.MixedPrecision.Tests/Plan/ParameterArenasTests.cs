using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Which arenas there are, what they hold, and that they are given back.</summary>
[TestClass]
public sealed unsafe class ParameterArenasTests
{
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(2)]
    public void Moments_AreThoseThatTheOptimizerKeeps(int moments)
    {
        using var device = new CpuDevice(1);
        using ParameterArenas arenas = Arenas(device, NumericFormat.Float16, WeightUpdate.Master, moments);
        ParameterSlot last = arenas.Slots[^1];

        Assert.AreEqual(moments * arenas.GradientBytes, arenas.MomentBytes);
        Assert.AreEqual(moments > 0, arenas.First(last) != null);
        Assert.AreEqual(moments > 1, arenas.Second(last) != null);
    }

    /// <summary>Kernels of a card get 0 for an arena that does not exist.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float16, WeightUpdate.Master, 2)]
    [DataRow(NumericFormat.BFloat16, WeightUpdate.Plain, 1)]
    [DataRow(NumericFormat.Float32, WeightUpdate.Plain, 0)]
    public void Addresses_AreThoseOfTheFirstSlot(NumericFormat format, WeightUpdate update, int moments)
    {
        using var device = new CpuDevice(1);
        using ParameterArenas arenas = Arenas(device, format, update, moments);
        ParameterSlot slot = arenas.Slots[0];
        OptimizerArenas addresses = arenas.Addresses;

        Assert.AreEqual(update == WeightUpdate.Master || format == NumericFormat.Float32, addresses.Master != 0);
        Assert.AreEqual(format != NumericFormat.Float32, addresses.Shadow != 0);
        Assert.AreEqual((nint)arenas.Master(slot), addresses.Master);
        Assert.AreEqual((nint)arenas.Shadow(slot), addresses.Shadow);
        Assert.AreEqual((nint)arenas.Gradient(slot), addresses.Gradient);
        Assert.AreEqual((nint)arenas.First(slot), addresses.First);
        Assert.AreEqual((nint)arenas.Second(slot), addresses.Second);
    }

    /// <summary>Values are n + 2⁻¹² with n from 1 to 15, of which n is the nearest in either 16-bit format: without masters only that comes
    /// back.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float16, WeightUpdate.Plain, 1f)]
    [DataRow(NumericFormat.BFloat16, WeightUpdate.Plain, 1f)]
    [DataRow(NumericFormat.Float16, WeightUpdate.Master, 1f + (1f / 4096))]
    [DataRow(NumericFormat.Float32, WeightUpdate.Plain, 1f + (1f / 4096))]
    public void Store_OfWhatWasLoaded_GivesItInTheArenasPrecision(NumericFormat format, WeightUpdate update, float expected)
    {
        using var device = new CpuDevice(1);
        Network network = Network();
        using ParameterArenas arenas = Arenas(device, format, update, 0, network);
        foreach (Parameter parameter in network.Parameters)
        {
            parameter.Values.AsSpan().Clear();
        }

        arenas.Store();

        foreach (Parameter parameter in network.Parameters)
        {
            CollectionAssert.AreEqual(
                Enumerable.Range(0, parameter.Values.Length).Select(i => i + expected).ToArray(),
                parameter.Values,
                parameter.Name);
        }
    }

    /// <summary>Products may read the padding, which is 0.</summary>
    [TestMethod]
    public void OperandAndGradient_AreZeroPadded()
    {
        using var device = new CpuDevice(1);
        Network network = Network();
        using ParameterArenas arenas = Arenas(device, NumericFormat.Float16, WeightUpdate.Master, 0, network);

        Assert.IsTrue(arenas.Operand(network.Parameters[0]).IsZeroPadded);
        Assert.IsTrue(arenas.Gradient(network.Parameters[0]).IsZeroPadded);
    }

    [TestMethod]
    public void Dispose_OfArenas_GivesAllMemoryBack()
    {
        using var device = new CountingDevice(allowed: 5);
        ParameterArenas arenas = Arenas(device, NumericFormat.Float16, WeightUpdate.Master, 2);
        Assert.AreEqual(5, device.Held);

        arenas.Dispose();

        Assert.AreEqual(0, device.Held);
    }

    [TestMethod]
    public void Constructor_WithoutMemoryForAll_GivesBackWhatItHas()
    {
        using var device = new CountingDevice(allowed: 4);

        Assert.ThrowsExactly<InsufficientMemoryException>(() => Arenas(device, NumericFormat.Float16, WeightUpdate.Master, 2));

        Assert.AreEqual(0, device.Held);
    }

    private static Network Network()
    {
        Network network = Examples.Network(3, [5], 2);
        foreach (Parameter parameter in network.Parameters)
        {
            for (int i = 0; i < parameter.Values.Length; i++)
            {
                parameter.Values[i] = i + 1f + (1f / 4096);
            }
        }

        return network;
    }

    private static ParameterArenas Arenas(Device device, NumericFormat format, WeightUpdate update, int moments, Network? network = null)
        => new(device, (network ?? Network()).Parameters.Select(parameter => new PlannedParameter(parameter, format)), update, moments);

    /// <summary>Memory of the CPU, so many blocks of it, that are counted.</summary>
    private sealed class CountingDevice(int allowed) : Device
    {
        private readonly CpuDevice _inner = new(1);

        public int Held { get; private set; }

        public override string Description => _inner.Description;

        public override long ScratchBytes => 0;

        public override long FreeBytes => _inner.FreeBytes;

        public override DeviceMemory Allocate(long bytes) => Held < allowed
            ? new Block(_inner.Allocate(bytes), this)
            : throw new InsufficientMemoryException();

        public override void Synchronize()
        {
        }

        public override void Dispose() => _inner.Dispose();

        protected override void WriteBytes(nint address, ReadOnlySpan<byte> bytes) => _inner.Write(address, bytes);

        protected override void ReadBytes(nint address, Span<byte> bytes) => _inner.Read(address, bytes);

        private sealed class Block : DeviceMemory
        {
            private readonly DeviceMemory _inner;
            private readonly CountingDevice _owner;

            public Block(DeviceMemory inner, CountingDevice owner)
            {
                (_inner, _owner) = (inner, owner);
                owner.Held++;
            }

            public override nint Address => _inner.Address;

            public override long Bytes => _inner.Bytes;

            public override void Dispose()
            {
                _inner.Dispose();
                _owner.Held--;
            }
        }
    }
}
