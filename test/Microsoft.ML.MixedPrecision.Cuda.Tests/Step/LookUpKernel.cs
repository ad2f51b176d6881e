using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary><see cref="LookUpOp"/> on a card, sum by sum in the order of the CPU's.</summary>
internal sealed unsafe class LookUpKernel : IDisposable
{
    private const string Source = """
        struct arguments {
            const float* x; const int* ids; const int* lengths; const unsigned char* pixels; const float* series; float* y;
            int rows, columns, pitch, tokens, vocabulary, pixel_count, lines, channels, series_pitch;
        };

        // A thread an element. An id that is none gives NaN.
        extern "C" __global__ void look_up(arguments a)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x, row = i / a.columns, column = i % a.columns;
            if (row >= a.rows)
                return;
            float sum = a.x[row * a.pitch + column];
            for (int t = 0; t < a.lengths[row] && t < a.tokens; t++) {
                int id = a.ids[row * a.tokens + t];
                sum += id < 0 || id >= a.vocabulary ? __int_as_float(0x7FC00000) : (id * 5 + column * 3) % 17 / 16.0f - 0.5f;
            }
            sum += a.pixels[row * a.pixel_count + column % a.pixel_count] / 256.0f;
            for (int line = 0; line < a.lines; line++)
                sum += a.series[(row * a.lines + line) * a.series_pitch + column % a.channels];
            a.y[row * a.pitch + column] = sum;
        }
        """;

    private const int Threads = 128;
    private readonly CudaModule _module;
    private readonly CudaKernel _kernel;

    public LookUpKernel(CudaDevice device)
    {
        using var program = new NvrtcProgram(Source, "look_up.cu", new Dictionary<string, string>());
        _module = new CudaModule(
            device.Context,
            program.Compile(TestKernels.Architecture(device.Properties), "--std=c++17", "--fmad=false"));
        _kernel = _module.GetKernel("look_up");
    }

    /// <summary>The operation's forward pass.</summary>
    public void Run(LookUpOp op, OpContext context)
    {
        var device = (CudaDevice)context.Device;
        Tensor x = context[op.Inputs[0]], series = context[op.Inputs[4]], y = context[op.Outputs[0]];
        Words ids = context.Words(op.Inputs[1]), lengths = context.Words(op.Inputs[2]), pixels = context.Words(op.Inputs[3]);
        int blocks = ((x.Rows * x.Columns) + Threads - 1) / Threads;
        device.Context.MakeCurrent();
        _kernel.Launch(device.Stream, new LaunchShape(((uint)blocks, 1, 1), (Threads, 1, 1)), new Arguments(
            x.Address,
            ids.Address,
            lengths.Address,
            pixels.Address,
            series.Address,
            y.Address,
            x.Rows,
            x.Columns,
            x.Pitch,
            ids.Rows / x.Rows,
            ColumnsCase.Vocabulary,
            pixels.Columns,
            series.Rows / x.Rows,
            series.Columns,
            series.Pitch));
    }

    public void Dispose() => _module.Dispose();

    private readonly record struct Arguments(
        nint X,
        nint Ids,
        nint Lengths,
        nint Pixels,
        nint Series,
        nint Y,
        int Rows,
        int Columns,
        int Pitch,
        int Tokens,
        int Vocabulary,
        int PixelCount,
        int Lines,
        int Channels,
        int SeriesPitch);
}
