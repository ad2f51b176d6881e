using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Runs a row of the operation table under a policy, on either engine: forward on given x, backward on given dy.</summary>
internal sealed unsafe class OperationHarness : IDisposable
{
    /// <summary>Seed of what operations draw.</summary>
    public const int Seed = 17;

    private readonly Device _device;
    private readonly PlanBuilder _plan;
    private readonly ValueLayout _layout;
    private readonly ParameterArenas _arenas;
    private readonly ValueMemory _memory;
    private readonly StateArenas _states;
    private readonly DeviceMemory _position;
    private readonly PlanContext _context;
    private readonly Value _input;
    private readonly Value _output;
    private readonly byte[] _dy;

    /// <summary>Builds, allocates and runs forward.</summary>
    /// <param name="row">What to build.</param>
    /// <param name="policy">Formats.</param>
    /// <param name="examples">Examples.</param>
    /// <param name="seed">Of parameters, x and dy.</param>
    /// <param name="device">Computes.</param>
    /// <param name="rowsPerExample">Rows of an example.</param>
    /// <param name="values">
    /// A parameter's values by its number; null draws them. Where it is given, x and dy do not depend on how many were drawn.
    /// </param>
    /// <param name="branches">Whether a card computes weight gradients beside the rest of the backward pass.</param>
    public OperationHarness(
        OperationRow row,
        PrecisionPolicy policy,
        int examples,
        int seed,
        Device device,
        int rowsPerExample = 1,
        Func<int, float[]?>? values = null,
        bool branches = false)
    {
        var random = new Random(seed);
        _device = device;
        Parameters = [.. row.Parameters.Select((shape, i) => new Parameter($"p{i}", shape.Rows, shape.Columns, decays: true))];
        foreach ((int i, Parameter parameter) in Parameters.Index())
        {
            float[]? given = values?.Invoke(i);
            given?.CopyTo(parameter.Values, 0);
            foreach (ref float value in given is null ? parameter.Values.AsSpan() : default)
            {
                value = (float)ReferenceRounding.Round(policy.ComputeFormat, (float)((random.NextDouble() * 2) - 1));
            }
        }

        random = values is null ? random : new Random(seed + 1);

        _plan = new PlanBuilder(policy, training: true) { Seed = Seed };
        Shape shape = row.Lengths is { } lengths ? Shape.Sequence(lengths.Max(), row.Inputs) : new Shape(rowsPerExample, row.Inputs);
        BatchSize batch = row.IsSequence ? SequenceTable.Batch(row, examples) : examples;
        _plan.Ends = row.IsSequence ? PlanBuilder.Input("ends", Shape.Vector(1), ElementKind.Int32) : null;
        _input = row.Slots is not null ? PlanBuilder.Input("x", shape, ElementKind.Entry)
            : row.Ids is null
            ? PlanBuilder.Input("x", shape, row.Draw is null ? policy.ComputeFormat.Storage() : NumericFormat.Float32)
            : PlanBuilder.Input("x", shape, ElementKind.Int32);
        Value built = row.Build(_plan, _input, Parameters);
        _plan.Add(new GivenGradient(built));
        _output = _plan.Finish(built);
        _layout = new ValueLayout(_plan, _input, _output, batch, branches);
        _arenas = new ParameterArenas(_device, _plan.Parameters, WeightUpdate.Master, 0);
        _memory = new ValueMemory(_device, _layout);
        _states = new StateArenas(_device, _plan.States);
        _position = _device.Allocate(sizeof(StepPosition));
        _device.Write(_position.Address, [Position]);
        _context = new PlanContext(_device, _memory, _arenas, branches ? _plan.Ops.Count : 0)
        {
            PositionAddress = _position.Address,
            States = _states,
        };
        _context.SetBatch(batch);
        if (row.IsSequence)
        {
            _device.Write<int>(_context.Words(_plan.Ends!).Address, SequenceTable.Ends(row, examples));
        }

        X = row.Slots is { } slots ? Draw(_context.Words(_input), slots, policy.ComputeFormat, random)
            : row.Ids is { } ids
            ? Draw(_context.Words(_input), ids, random)
            : row.Draw is { } draw ? Fill(_context[_input], column => draw(random, column))
            : Fill(_context[_input].As(policy.ComputeFormat), random);
        foreach (Op op in _plan.Ops)
        {
            op.Forward(_context);
        }

        Y = Read(_context[_output]);
        Tensor dy = ValueLayout.View(_output, _output.GradientFormat, 0, batch);
        using DeviceMemory drawn = _device.Allocate(dy.Bytes);
        Dy = Fill(dy with { Address = drawn.Address }, random);
        _dy = Bytes(dy with { Address = drawn.Address });
    }

    /// <summary>Where the step stands.</summary>
    public static StepPosition Position => new() { Step = (5L << 32) + 3, Row = 7 };

    /// <summary>The parameters, values exact in the policy's format.</summary>
    public Parameter[] Parameters { get; }

    /// <summary>x, row by row, exact in the operand format; or ids.</summary>
    public double[] X { get; }

    /// <summary>y as stored.</summary>
    public double[] Y { get; }

    /// <summary>dy as stored.</summary>
    public double[] Dy { get; }

    /// <summary>The operations.</summary>
    public IReadOnlyList<Op> Ops => _plan.Ops;

    /// <summary>Format of the stored output.</summary>
    public NumericFormat OutputFormat => _output.Format;

    /// <summary>Runs backward what the plan needs of it.</summary>
    /// <param name="addTo">Gradients to add to; null to overwrite.</param>
    public double[][] Backward(double[][]? addTo = null)
    {
        for (int p = 0; p < (addTo?.Length ?? 0); p++)
        {
            Write(_context.Gradient(Parameters[p]), addTo![p]);
        }

        if (_output.NeedsGradient)
        {
            _device.Write<byte>(_context.Gradient(_output).Address, _dy);
        }

        for (int i = _plan.Ops.Count - 1; i >= 0; i--)
        {
            if (_plan.Ops[i].RunsBackward)
            {
                _context.EnterBackward(i);
                _plan.Ops[i].Backward(_context, accumulate: addTo is not null);
            }
        }

        _context.EnterBackward(-1);
        return [.. Parameters.Select(parameter => Read(_context.Gradient(parameter)))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _context.Dispose();
        _memory.Dispose();
        _position.Dispose();
        _states.Dispose();
        _arenas.Dispose();
    }

    private void Write(Tensor gradient, double[] values)
    {
        float[] padded = new float[gradient.Rows * gradient.Pitch];
        for (int i = 0; i < values.Length; i++)
        {
            padded[(i / gradient.Columns * gradient.Pitch) + (i % gradient.Columns)] = (float)values[i];
        }

        _device.Write<float>(gradient.Address, padded);
    }

    private double[] Draw(Words words, int ids, Random random)
    {
        int[] drawn = [.. Enumerable.Range(0, checked((int)words.Count)).Select(_ => random.Next(ids))];
        _device.Write<int>(words.Address, drawn);
        return Array.ConvertAll(drawn, id => (double)id);
    }

    /// <summary>Full rows, empty ones, and what is between.</summary>
    private double[] Draw(Words words, int slots, NumericFormat format, Random random)
    {
        var entries = new SparseEntry[checked((int)words.Count)];
        Array.Fill(entries, new SparseEntry(SparseEntry.None, float.NaN));
        for (int row = 0; row < words.Rows; row++)
        {
            int count = row % 4 == 0 ? words.Columns : row % 4 == 1 ? 0 : random.Next(words.Columns + 1);
            int[] drawn = [.. Enumerable.Range(0, slots).OrderBy(_ => random.Next()).Take(count).Order()];
            for (int i = 0; i < drawn.Length; i++)
            {
                float value = (float)ReferenceRounding.Round(format, (float)((random.NextDouble() * 2) - 1));
                entries[(row * words.Columns) + i] = new SparseEntry(drawn[i], value);
            }
        }

        _device.Write<SparseEntry>(words.Address, entries);
        return [.. entries.SelectMany(entry => new double[] { entry.Slot, entry.Value })];
    }

    private double[] Fill(Tensor tensor, Random random) => Fill(tensor, _ => (float)((random.NextDouble() * 4) - 2));

    private double[] Fill(Tensor tensor, Func<int, float> draw)
    {
        // The padding is written too: to 0, as a card's input has it.
        byte[] bytes = new byte[tensor.Bytes];
        fixed (byte* first = bytes)
        {
            Tensor host = tensor with { Address = (nint)first };
            for (int row = 0; row < tensor.Rows; row++)
            {
                for (int column = 0; column < tensor.Columns; column++)
                {
                    float value = (float)ReferenceRounding.Round(tensor.Format, draw(column));
                    if (tensor.Format.Is16Bit())
                    {
                        ((ushort*)host.Row(row))[column] = FormatConversion.ToBits(tensor.Format, value);
                    }
                    else
                    {
                        ((float*)host.Row(row))[column] = value;
                    }
                }
            }
        }

        _device.Write<byte>(tensor.Address, bytes);
        return Read(tensor);
    }

    private byte[] Bytes(Tensor tensor)
    {
        byte[] bytes = new byte[tensor.Bytes];
        _device.Read<byte>(tensor.Address, bytes);
        return bytes;
    }

    private double[] Read(Tensor tensor)
    {
        byte[] bytes = Bytes(tensor);
        double[] values = new double[tensor.Rows * tensor.Columns];
        fixed (byte* first = bytes)
        {
            Tensor host = tensor with { Address = (nint)first };
            for (int i = 0; i < values.Length; i++)
            {
                void* row = host.Row(i / tensor.Columns);
                int column = i % tensor.Columns;
                values[i] = tensor.Format.Is16Bit()
                    ? FormatConversion.FromBits(tensor.Format, ((ushort*)row)[column])
                    : ((float*)row)[column];
            }
        }

        return values;
    }
}
