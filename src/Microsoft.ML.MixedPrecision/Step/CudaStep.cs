using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>
/// The step on a graphics card. Each distinct segment is recorded once as a CUDA graph and then launched; everything that is decided, is
/// decided on the card, so that the host runs ahead.
/// </summary>
internal sealed unsafe partial class CudaStep : StepRunner
{
    /// <summary>Steps from one look at the states to the next, so that what is decided by them does not depend on time; the host is at most
    /// twice as many ahead.</summary>
    private const int AttemptsBetweenPulls = 256;

    /// <summary>Fills the features while algorithms are chosen: 1.06 in Float16, 0.0115 in the other formats. Products of zeros take less
    /// power and so are faster.</summary>
    private const byte SomeByte = 0x3C;

    private readonly CudaDevice _device;
    private readonly CudaStepBuffers _buffers;
    private readonly Dictionary<Segment, CudaGraph> _graphs = [];
    private readonly HashSet<BatchSize> _prepared = [];
    private readonly HashSet<MatmulKey> _products = [];
    private CudaFeed? _feed;
    private RowStore? _store;
    private float _learningRate = float.NaN;
    private long _attempts;

    /// <summary>Allocates, chooses algorithms and compiles kernels for the largest micro-batch.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="parts">What it works on.</param>
    public CudaStep(CudaDevice device, StepParts parts)
        : base(parts)
    {
        _device = device;
        _attempts = parts.Memory.Run.Attempts;
        _buffers = new CudaStepBuffers(device, parts);
        try
        {
            Prepare(parts.Settings.Batch);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override long WorkspaceBytes => _buffers.Bytes;

    /// <inheritdoc/>
    public override long DataBytes => _feed?.Bytes ?? 0;

    /// <inheritdoc/>
    /// <remarks>Runs every kernel once on whatever the buffers hold, marked as not finite, so that nothing is committed; then puts the
    /// states back.</remarks>
    protected override void MakeReady(BatchSize batch)
    {
        if (!_prepared.Add(batch))
        {
            return;
        }

        MatmulPlans products = MatmulPlans.Of(_device);
        products.Listener = _products;
        try
        {
            RunUncommitted(batch);
        }
        finally
        {
            products.Listener = null;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, byte[]> Products => MatmulPlans.Of(_device).Chosen(_products);

    /// <inheritdoc/>
    public override string ExplainProducts() => MatmulPlans.Of(_device).Explain(_products);

    /// <inheritdoc/>
    public override void Stage(RowStore store)
    {
        if (_store == store)
        {
            return;
        }

        ForgetGraphs();
        _feed?.Dispose();
        _feed = CudaFeed.Of(_device, store, Parts);
        _store = store;
    }

    /// <inheritdoc/>
    protected override void SetOrder(ReadOnlySpan<int> order, int cursor)
    {
        if (_feed!.BeginEpoch(order, cursor))
        {
            ForgetGraphs();
        }

        _device.Context.MakeCurrent();
        if (cursor == 0)
        {
            _device.Stream.Fill(Parts.Memory.Addresses.Cursor, 0, sizeof(long));
        }
        else
        {
            long start = cursor;
            _device.Stream.CopyToDevice(&start, Parts.Memory.Addresses.Cursor, sizeof(long));
        }
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        Parts.Memory.Pull();
    }

    /// <inheritdoc/>
    /// <remarks>A fault of the card has been reported by the call that met it; everything is given back all the same.</remarks>
    public override void Dispose()
    {
        try
        {
            _device.Synchronize();
        }
        catch (CudaException)
        {
            // Known already.
        }

        DisposeGraphs();
        _feed?.Dispose();
        _buffers.Dispose();
    }

    /// <summary>Words are zeros, as whatever earlier steps have left there may be no id; but weights are not, since products of zeros take
    /// less power and so are faster.</summary>
    private void FillInputs()
    {
        _device.Context.MakeCurrent();
        foreach (Value value in Parts.Layout.Inputs)
        {
            if (value.Kind == ElementKind.Number)
            {
                Tensor numbers = Parts.Context[value];
                _device.Stream.Fill(numbers.Address, SomeByte, numbers.Bytes);
            }
            else
            {
                Words words = Parts.Context.Words(value);
                _device.Stream.Fill(words.Address, value.Name == LossTerm.Weight ? SomeByte : (byte)0, words.Bytes);
            }
        }
    }

    /// <summary>A whole step on whatever the buffers hold, marked as not finite, so that nothing is committed.</summary>
    private void RunUncommitted(BatchSize batch)
    {
        int rows = batch.Examples;
        StepAddresses addresses = Parts.Memory.Addresses;
        var run = new RunBlock[1];
        var phase = new PhaseBlock[1];
        _device.Read<RunBlock>(addresses.Run, run);
        _device.Read<PhaseBlock>(addresses.Phase, phase);
        Parts.Context.SetBatch(batch);
        GatherExamples.Prepare(_device);
        FillInputs();
        StepKernels.Begin(_device, _buffers.Commit, rows, rows);
        StepKernels.AdvanceCursor(_device, _buffers.Commit, rows);
        RangeTotals[] totals = [.. Parts.Probes.Select(probe => probe.Totals)];
        Compute(new MicroBatch(batch, rows, rows, First: true, Measure: true));
        for (int i = 0; i < totals.Length; i++)
        {
            Parts.Probes[i].Totals = totals[i];
        }

        PhaseBlock spoilt = phase[0];
        spoilt.Commit.FirstNonFinite = NonFinite.Norm;
        _device.Write<PhaseBlock>(addresses.Phase, [spoilt]);
        _device.Write<RunBlock>(addresses.Run, run);
        Commit(rows);
        _device.Write<PhaseBlock>(addresses.Phase, phase);
        _device.Write<RunBlock>(addresses.Run, run);
    }
}
