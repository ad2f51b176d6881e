using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Products;

/// <summary>A product on a card with the algorithm that training takes for it, several times in a graph.</summary>
internal sealed class ProductDriver : IDisposable
{
    /// <summary>Work of a graph: some milliseconds, so that its launch does not count.</summary>
    private const double GraphOperations = 4e12;
    private const int MostRepetitions = 1000;

    private readonly CudaDevice _device;
    private readonly RandomMatrix _a;
    private readonly RandomMatrix _b;
    private readonly RandomMatrix _c;
    private readonly CudaEvent _start;
    private readonly CudaEvent _end;
    private readonly CudaGraph _graph;

    /// <summary>Makes the operands, chooses the algorithm, and records the graph.</summary>
    /// <param name="run">The product.</param>
    /// <exception cref="NotSupportedException">The device is no card.</exception>
    public ProductDriver(ProductsRun run)
    {
        DeviceSelection selection = DeviceSelection.Choose(run.Device, new MLContext());
        _device = selection.Card is null
            ? throw new NotSupportedException($"'{run.Device}' is no graphics card; only cards run cuBLASLt's products. Write "
                + $"--devices cuda:0.")
            : (CudaDevice)selection.Open(threads: 0);
        NumericFormat operand = run.Policy.ComputeFormat, storage = operand.Storage();
        _a = new RandomMatrix(_device, storage, run.Size, run.Size, seed: 1);
        _b = new RandomMatrix(_device, storage, run.Size, run.Size, seed: 2);
        _c = new RandomMatrix(_device, storage, run.Size, run.Size, seed: 3);
        var product = new MatmulArguments { A = _a.Value.As(operand), B = _b.Value.As(operand), TransposeB = true, C = _c.Value };
        Matmul.Run(_device, product);
        _device.Synchronize();
        Repetitions = (int)Math.Clamp(GraphOperations / run.FloatingPointOperations, 1, MostRepetitions);
        _graph = _device.Capture(_ =>
        {
            for (int i = 0; i < Repetitions; i++)
            {
                Matmul.Run(_device, product);
            }
        });
        _start = new CudaEvent(_device.Context, CUevent_flags.CU_EVENT_DEFAULT);
        _end = new CudaEvent(_device.Context, CUevent_flags.CU_EVENT_DEFAULT);
    }

    /// <summary>The card.</summary>
    public string DeviceName => _device.Description;

    /// <summary>Products in the graph.</summary>
    public int Repetitions { get; }

    /// <summary>The algorithm that was chosen.</summary>
    public AlgorithmDescription Algorithm => _device.Own(static card => new MatmulPlans(card)).Algorithms.Single().Algorithm;

    /// <summary>Milliseconds of a product, by the card's own clock, over one launch of the graph.</summary>
    public double Time()
    {
        _device.Context.MakeCurrent();
        _start.Record(_device.Stream);
        _graph.Launch(_device.Stream);
        _end.Record(_device.Stream);
        _end.Synchronize();
        return _end.MillisecondsSince(_start) / Repetitions;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _graph.Dispose();
        _start.Dispose();
        _end.Dispose();
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
        _device.Dispose();
    }
}
